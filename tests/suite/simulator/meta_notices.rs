//! What Meta tells of its own accord, and many statuses in one call.

use pombo::simulator::{Behaviour, Fate, Notice, Step, TemplateNotice, meta::sign};
use serde_json::{Value, json};

use super::rig::{Call, Rig};

async fn told(notice: Notice) -> (Call, Value) {
    let rig = Rig::start().await;
    rig.simulator.notify(&notice).await;
    let call = rig.hooks.next().await;
    let signature = sign(&rig.settings.meta.app_secret, &call.raw);
    assert_eq!(call.header("x-hub-signature-256"), signature);
    let body = call.json();
    assert_eq!(body["object"], "whatsapp_business_account");
    assert_eq!(body["entry"][0]["id"], "102290129340398");
    assert!(body["entry"][0]["time"].is_u64());
    let change = body["entry"][0]["changes"][0].clone();
    (call, change)
}

#[tokio::test]
async fn a_pause_has_the_form_of_the_documented_one() {
    let notice = TemplateNotice {
        event: "PAUSED".into(),
        name: "otp_copy_code".into(),
        language: "en_US".into(),
        reason: Some("NONE".into()),
        title: Some("FIRST_PAUSE".into()),
    };
    let (call, change) = told(Notice::Template(notice)).await;
    let documented = include_str!("../../fixtures/wa_template_paused.json");
    let mut documented: Value = serde_json::from_str(documented).unwrap();
    let mut body = call.json();
    assert!(change["value"]["message_template_id"].is_u64());
    for body in [&mut documented, &mut body] {
        body["entry"][0]["time"] = json!(0);
        body["entry"][0]["changes"][0]["value"]["message_template_id"] = json!(0);
        body["entry"][0]["changes"][0]["value"]["other_info"]["description"] = json!("");
    }
    assert_eq!(body, documented);
}

#[tokio::test]
async fn a_template_notice_without_reason_says_null_and_without_title_nothing() {
    let notice = TemplateNotice {
        event: "APPROVED".into(),
        name: "verification_code".into(),
        language: "pt_BR".into(),
        reason: None,
        title: None,
    };
    let (_, change) = told(Notice::Template(notice)).await;
    assert_eq!(change["field"], "message_template_status_update");
    assert_eq!(change["value"]["message_template_language"], "pt-BR");
    assert_eq!(change["value"]["reason"], Value::Null);
    assert!(change["value"].get("other_info").is_none());
}

#[tokio::test]
async fn a_restriction_says_until_when() {
    let restriction = "RESTRICTED_BIZ_INITIATED_MESSAGING".to_owned();
    let (_, change) = told(Notice::Restriction { restriction, expiration: 1_641_330_498 }).await;
    let wanted = json!({
        "field": "account_update",
        "value": {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{
                "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                "expiration": 1_641_330_498,
            }],
        },
    });
    assert_eq!(change, wanted);
}

#[tokio::test]
async fn a_ban_says_its_state_and_date() {
    let notice = Notice::Ban { state: "DISABLE".into(), date: "April 17, 2025".into() };
    let (_, change) = told(notice).await;
    assert_eq!(change["field"], "account_update");
    let ban = json!({ "waba_ban_state": "DISABLE", "waba_ban_date": "April 17, 2025" });
    assert_eq!(change["value"], json!({ "event": "DISABLED_UPDATE", "ban_info": ban }));
}

#[tokio::test]
async fn other_events_of_the_account_can_be_told() {
    let (_, change) = told(Notice::Account { event: "ACCOUNT_DELETED".into() }).await;
    assert_eq!(
        change,
        json!({ "field": "account_update", "value": { "event": "ACCOUNT_DELETED" } })
    );
}

#[tokio::test]
async fn a_change_of_the_numbers_limit_names_the_number() {
    let notice = Notice::NumberQuality {
        event: "THROUGHPUT_UPGRADE".into(),
        limit: "TIER_UNLIMITED".into(),
    };
    let (_, change) = told(notice).await;
    let value = json!({
        "display_phone_number": "15550783881",
        "event": "THROUGHPUT_UPGRADE",
        "max_daily_conversations_per_business": "TIER_UNLIMITED",
    });
    assert_eq!(change, json!({ "field": "phone_number_quality_update", "value": value }));
}

#[tokio::test]
async fn an_alert_is_about_the_number() {
    let notice = Notice::Alert {
        severity: "WARNING".into(),
        kind: "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED".into(),
        description: "Limits cannot be increased yet.".into(),
    };
    let (_, change) = told(notice).await;
    let value = json!({
        "entity_type": "PHONE_NUMBER",
        "entity_id": "106540352242922",
        "alert_info": {
            "alert_severity": "WARNING",
            "alert_status": "ACTIVE",
            "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED",
            "alert_description": "Limits cannot be increased yet.",
        },
    });
    assert_eq!(change, json!({ "field": "account_alerts", "value": value }));
}

#[tokio::test]
async fn a_notice_that_is_not_acknowledged_comes_again() {
    let rig = Rig::start().await;
    rig.hooks.answer([500]);
    rig.simulator.notify(&Notice::Account { event: "ACCOUNT_DELETED".into() }).await;
    let first = rig.hooks.next().await;
    assert_eq!(rig.hooks.next().await.raw, first.raw);
}

#[tokio::test]
async fn statuses_of_many_messages_can_come_in_one_call() {
    let rig = Rig::start().await;
    rig.simulator.hold_statuses();
    let mut ids = Vec::new();
    for i in 10..20 {
        ids.push(rig.whatsapp(&format!("+55119876543{i}")).await);
    }
    rig.simulator.wait_for_held(30).await;
    rig.simulator.release_statuses().await;
    let statuses = rig.hooks.next().await.value()["statuses"].clone();
    let statuses = statuses.as_array().unwrap();
    assert_eq!(statuses.len(), 30);
    for id in &ids {
        let of_it = statuses.iter().filter(|status| status["id"] == id.as_str());
        let words: Vec<_> = of_it.map(|status| status["status"].as_str().unwrap()).collect();
        assert_eq!(words, ["sent", "delivered", "read"]);
    }
    // From here on they come one by one again.
    rig.whatsapp("+5511987654320").await;
    assert_eq!(rig.hooks.words(3).await, ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn no_call_holds_more_than_a_thousand_statuses() {
    let rig = Rig::start().await;
    rig.simulator.hold_statuses();
    let to = "+5511987654310";
    let steps = std::iter::repeat_n(Step::AllAtOnce, 334);
    rig.simulator.script(to, Behaviour::well().whatsapp(Fate::accept(steps)));
    rig.whatsapp(to).await;
    rig.simulator.wait_for_held(1_002).await;
    rig.simulator.release_statuses().await;
    for size in [1_000, 2] {
        let statuses = rig.hooks.next().await.value()["statuses"].clone();
        assert_eq!(statuses.as_array().unwrap().len(), size);
    }
}
