//! The life of a template: made, reviewed, shown, changed, and sent or not.

use std::{collections::BTreeSet, time::Duration};

use pombo::simulator::{Provider, TemplateStatus, Weather};
use serde_json::{Value, json};

use super::{
    drafts::{ACCOUNT, bulk, copy_code, with, zero_tap},
    rig::{CODE, Rig, WELL, hurried, otp},
};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3_600);

async fn with_review(review: Duration) -> Rig {
    let mut settings = hurried();
    settings.pace.review = review;
    Rig::with(settings).await
}

/// A good message from the template `login_code` in English.
fn message() -> Value {
    let mut message = otp(WELL, CODE);
    message["template"]["name"] = json!("login_code");
    message["template"]["language"]["code"] = json!("en_US");
    message
}

#[tokio::test]
async fn a_template_under_review_is_not_sent() {
    let rig = with_review(LONG).await;
    let answer = rig.create(&copy_code()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["status"], "PENDING");
    assert_eq!(answer.body["category"], "AUTHENTICATION");
    assert!(answer.body["id"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(rig.template_status("login_code", "en_US").await, "PENDING");
    rig.meta(&message()).await.is_graph_error(404, 132_001);
}

#[tokio::test]
async fn a_reviewed_template_is_approved_announced_and_sent() {
    let rig = with_review(Duration::from_millis(50)).await;
    let id = rig.create(&copy_code()).await.body["id"].clone();
    let notice = rig.hooks.next().await.value();
    assert_eq!(notice["event"], "APPROVED");
    assert_eq!(notice["message_template_id"].to_string(), id.as_str().unwrap());
    assert_eq!(rig.template_status("login_code", "en_US").await, "APPROVED");
    assert_eq!(rig.meta(&message()).await.status, 200);
}

#[tokio::test]
async fn a_template_can_be_rejected_in_one_language() {
    let rig = Rig::start().await;
    rig.simulator.reject_template("login_code", Some("en_US"));
    rig.upsert(&bulk()).await;
    assert_eq!(rig.template_status("login_code", "en_US").await, "REJECTED");
    assert_eq!(rig.template_status("login_code", "fr").await, "APPROVED");
    rig.meta(&message()).await.is_graph_error(404, 132_001);
    let events: BTreeSet<_> =
        [rig.hooks.next().await, rig.hooks.next().await, rig.hooks.next().await]
            .iter()
            .map(|call| (call.value()["event"].to_string(), call.value()["reason"].to_string()))
            .collect();
    assert!(events.contains(&("\"REJECTED\"".into(), "\"INVALID_FORMAT\"".into())), "{events:?}");
}

#[tokio::test]
async fn a_paused_or_disabled_template_is_refused_by_a_code_of_its_own() {
    let rig = Rig::start().await;
    let codes = [
        (TemplateStatus::Paused, "PAUSED", 400, 132_015),
        (TemplateStatus::Disabled, "DISABLED", 400, 132_016),
        (TemplateStatus::Rejected, "REJECTED", 404, 132_001),
        (TemplateStatus::Pending, "PENDING", 404, 132_001),
    ];
    for (status, word, http, code) in codes {
        rig.settle(status);
        rig.meta(&otp(WELL, CODE)).await.is_graph_error(http, code);
        assert_eq!(rig.template_status("verification_code", "pt_BR").await, word);
    }
    rig.settle(TemplateStatus::Approved);
    rig.whatsapp(WELL).await;
}

#[tokio::test]
async fn a_template_paused_by_the_weather_is_shown_so() {
    let rig = Rig::start().await;
    let weather = Weather::TemplatePaused { language: Some("pt_BR".into()) };
    rig.simulator.weather(Provider::Meta, weather);
    assert_eq!(rig.template_status("verification_code", "pt_BR").await, "PAUSED");
    assert_eq!(rig.template_status("verification_code", "en_US").await, "APPROVED");
    let approved = rig.templates(&[("status", "approved")]).await;
    assert_eq!(approved.body["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn many_languages_are_made_and_changed_at_once() {
    let rig = with_review(LONG).await;
    let draft = with(bulk(), "/name", json!("verification_code"));
    let answer = rig.upsert(&draft).await;
    let data = answer.body["data"].as_array().unwrap();
    let told: Vec<_> = data.iter().map(|one| (&one["language"], &one["status"])).collect();
    // One was approved before: it goes on being sent while its change is reviewed.
    assert_eq!(
        told,
        [
            (&json!("en_US"), &json!("APPROVED")),
            (&json!("es_ES"), &json!("PENDING")),
            (&json!("fr"), &json!("PENDING")),
        ]
    );
    let all = rig.templates(&[("name", "verification_code")]).await;
    assert_eq!(all.body["data"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_template_is_shown_in_metas_own_words() {
    let rig = Rig::start().await;
    rig.create(&zero_tap()).await;
    let found = rig.templates(&[("name", "login_code")]).await;
    let template = &found.body["data"][0];
    let keys: Vec<&str> = template.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["category", "components", "id", "language", "name", "status"]);
    let [body, footer, buttons] = template["components"].as_array().unwrap().as_slice() else {
        panic!("{template}");
    };
    assert_eq!(
        (&body["type"], &body["add_security_recommendation"]),
        (&"BODY".into(), &true.into())
    );
    assert!(body["text"].as_str().unwrap().contains("do not share"));
    assert_eq!(footer["code_expiration_minutes"], 5);
    let button = &buttons["buttons"][0];
    assert_eq!((&button["type"], &button["text"]), (&"URL".into(), &"Copy Code".into()));
    assert!(button["url"].as_str().unwrap().contains("otp_type=ZERO_TAP"));
}

#[tokio::test]
async fn a_list_shows_the_fields_that_are_asked_for_and_the_id() {
    let rig = Rig::start().await;
    rig.create(&copy_code()).await;
    let query = [("name", "login_code"), ("fields", "status,message_send_ttl_seconds")];
    let found = rig.templates(&query).await.body["data"][0].clone();
    assert_eq!(found["message_send_ttl_seconds"], 60);
    assert_eq!(found["status"], "APPROVED");
    assert!(found["id"].is_string());
    assert_eq!(found.as_object().unwrap().len(), 3);
}

/// Whoever wants one template has to compare the names.
#[tokio::test]
async fn a_name_finds_all_names_that_contain_it() {
    let rig = Rig::start().await;
    rig.create(&copy_code()).await;
    rig.create(&with(copy_code(), "/name", json!("login_code_2"))).await;
    let found = rig.templates(&[("name", "login_code")]).await;
    assert_eq!(found.body["data"].as_array().unwrap().len(), 2);
    let none = rig.templates(&[("name", "signup")]).await;
    assert_eq!(none.body, json!({ "data": [] }));
}

#[tokio::test]
async fn a_list_comes_in_pages_that_lead_on() {
    let rig = Rig::start().await;
    rig.upsert(&bulk()).await;
    let mut seen = BTreeSet::new();
    let mut next =
        format!("{}/v25.0/{ACCOUNT}/message_templates?limit=3", rig.simulator.meta_url());
    for size in [3, 3, 1] {
        let call = rig.http.get(&next).bearer_auth(&rig.settings.meta.access_token);
        let page = rig.answer(call).await.body;
        let data = page["data"].as_array().unwrap();
        assert_eq!(data.len(), size);
        seen.extend(data.iter().map(|template| template["id"].to_string()));
        assert!(page["paging"]["cursors"]["after"].is_string());
        next = page["paging"]["next"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((seen.len(), next.as_str()), (7, ""));
}

#[tokio::test]
async fn a_cursor_leads_back_as_well() {
    let rig = Rig::start().await;
    let first = rig.templates(&[("limit", "2")]).await.body;
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let second = rig.templates(&[("limit", "2"), ("after", after)]).await.body;
    let before = second["paging"]["cursors"]["before"].as_str().unwrap();
    let back = rig.templates(&[("limit", "2"), ("before", before)]).await.body;
    assert_eq!(back["data"], first["data"]);
    assert_ne!(second["data"], first["data"]);
}

#[tokio::test]
async fn a_template_that_was_set_without_a_draft_can_be_sent() {
    let rig = Rig::start().await;
    rig.simulator.set_template_status("login_code", "en_US", TemplateStatus::Approved);
    assert_eq!(rig.meta(&message()).await.status, 200);
}
