//! Fates that a test gives to one number, and what can be counted.

use std::time::Duration;

use pombo::simulator::{
    Behaviour,
    Channel::{Sms, WhatsApp},
    Fate, Step,
};

use super::rig::{CODE, Rig, WELL, otp, text};

async fn scripted(fate: Fate) -> Rig {
    let rig = Rig::start().await;
    rig.simulator.script(WELL, Behaviour { whatsapp: fate.clone(), sms: fate });
    rig
}

fn whatsapp(rig: &Rig) -> reqwest::RequestBuilder {
    rig.whatsapp_call(&otp(WELL, CODE))
}

fn sms(rig: &Rig) -> reqwest::RequestBuilder {
    rig.sms_call(&text(WELL))
}

#[tokio::test]
async fn any_error_code_can_be_answered_at_once() {
    let rig = scripted(Fate::refuse(131_042)).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(400, 131_042);
    let rig = scripted(Fate::refuse(21_610)).await;
    rig.twilio(&text(WELL)).await.is_twilio_error(400, 21_610);
}

#[tokio::test]
async fn an_error_has_its_usual_status_unless_another_is_asked_for() {
    let rig = scripted(Fate::refuse(133_004)).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(503, 133_004);
    let rig = scripted(Fate::Refuse { code: 130_429, status: Some(429) }).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(429, 130_429);
    let rig = scripted(Fate::refuse(20_429)).await;
    rig.twilio(&text(WELL)).await.is_twilio_error(429, 20_429);
}

#[tokio::test]
async fn a_gateway_can_answer_with_a_page_that_is_no_json() {
    let rig = scripted(Fate::Broken(503)).await;
    for call in [whatsapp(&rig), sms(&rig)] {
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert!(answer.json::<serde_json::Value>().await.is_err());
    }
}

#[tokio::test]
async fn a_request_can_hang_for_longer_than_anybody_waits() {
    let rig = scripted(Fate::Hang).await;
    for call in [whatsapp(&rig), sms(&rig)] {
        let error = call.timeout(Duration::from_millis(50)).send().await.unwrap_err();
        assert!(error.is_timeout());
    }
    rig.simulator.wait_for_requests(WELL, WhatsApp, 1).await;
    rig.simulator.wait_for_requests(WELL, Sms, 1).await;
}

#[tokio::test]
async fn a_connection_can_break_without_an_answer() {
    let rig = scripted(Fate::Close).await;
    for call in [whatsapp(&rig), sms(&rig)] {
        let error = call.send().await.unwrap_err();
        assert!(!error.is_timeout() && error.status().is_none());
    }
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn a_message_can_arrive_although_its_answer_was_lost() {
    let rig = scripted(Fate::Lose(vec![Step::Arrive])).await;
    for call in [whatsapp(&rig), sms(&rig)] {
        assert!(!call.send().await.unwrap_err().is_timeout());
    }
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 2).await.len(), 2);
}

#[tokio::test]
async fn a_message_can_be_held_for_assessment() {
    let rig = scripted(Fate::Hold("held_for_quality_assessment")).await;
    let answer = rig.meta(&otp(WELL, CODE)).await;
    assert_eq!(answer.status, 200);
    let status = &answer.body["messages"][0]["message_status"];
    assert_eq!(status, "held_for_quality_assessment");
}

#[tokio::test]
async fn any_failure_can_come_by_webhook() {
    let rig = scripted(Fate::accept([Step::Failed(131_049)])).await;
    rig.whatsapp(WELL).await;
    assert_eq!(rig.hooks.next().await.status()["errors"][0]["code"], 131_049);
}

#[tokio::test]
async fn a_read_receipt_can_come_without_a_delivered_one() {
    let rig = scripted(Fate::accept([Step::Arrive, Step::Read])).await;
    rig.whatsapp(WELL).await;
    assert_eq!(rig.hooks.words(1).await, ["read"]);
}

#[tokio::test]
async fn several_receipts_can_come_in_one_call() {
    let rig = scripted(Fate::accept([Step::AllAtOnce])).await;
    let id = rig.whatsapp(WELL).await;
    let statuses = rig.hooks.next().await.value()["statuses"].clone();
    for (status, word) in statuses.as_array().unwrap().iter().zip(["sent", "delivered", "read"]) {
        assert_eq!((&status["id"], &status["status"]), (&id.as_str().into(), &word.into()));
    }
    assert_eq!(statuses.as_array().unwrap().len(), 3);
    rig.sms(WELL).await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "delivered"]);
}

#[tokio::test]
async fn each_next_message_can_have_another_fate_and_the_last_one_stays() {
    let rig = Rig::start().await;
    let fates = [Fate::Broken(500), Fate::refuse(131_016), Fate::accept([Step::Arrive])];
    rig.simulator.script_each(WELL, WhatsApp, fates);
    assert_eq!(whatsapp(&rig).send().await.unwrap().status(), 500);
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(500, 131_016);
    rig.whatsapp(WELL).await;
    rig.whatsapp(WELL).await;
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 2).await.len(), 2);
}

#[tokio::test]
async fn a_scripted_fate_excuses_no_bad_request() {
    let rig = scripted(Fate::accept([Step::Arrive])).await;
    rig.meta(&otp(WELL, "1234567890123456")).await.is_graph_error(400, 100);
    rig.twilio(&[("To", WELL), ("Body", "1234")]).await.is_twilio_error(400, 21_603);
}

#[tokio::test]
async fn requests_are_counted_by_number_and_channel_refused_ones_too() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    rig.meta(&otp(WELL, "")).await.is_graph_error(400, 131_008);
    rig.sms(WELL).await;
    assert_eq!(rig.simulator.requests(WELL, WhatsApp), 2);
    assert_eq!(rig.simulator.requests(WELL, Sms), 1);
    assert_eq!(rig.simulator.requests("+5511987654310", WhatsApp), 0);
}

#[tokio::test]
async fn a_stopped_simulator_cuts_its_connections_and_closes_its_ports() {
    let rig = scripted(Fate::Hang).await;
    let hanging = tokio::spawn(whatsapp(&rig).send());
    rig.simulator.wait_for_requests(WELL, WhatsApp, 1).await;
    let again = whatsapp(&rig);
    rig.simulator.stop().await;
    assert!(!hanging.await.unwrap().unwrap_err().is_timeout());
    assert!(again.send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_dropped_simulator_ends_too() {
    let rig = scripted(Fate::Hang).await;
    let hanging = tokio::spawn(whatsapp(&rig).send());
    rig.simulator.wait_for_requests(WELL, WhatsApp, 1).await;
    drop(rig.simulator);
    assert!(!hanging.await.unwrap().unwrap_err().is_timeout());
}
