//! What becomes of a message, by the last two digits of its recipient.

use pombo::simulator::Channel::{Sms, WhatsApp};

use super::rig::{CODE, Rig, WELL, otp};

/// Lets everything that was set going before come out: a whole good message passes behind it.
async fn nothing_more_came(rig: &Rig) {
    let id = rig.whatsapp("+5511987654310").await;
    for word in ["sent", "delivered", "read"] {
        let status = rig.hooks.next().await.status();
        assert_eq!((&status["id"], &status["status"]), (&id.as_str().into(), &word.into()));
    }
}

async fn arrives_by_sms(to: &str) {
    let rig = Rig::start().await;
    rig.sms(to).await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "delivered"]);
    assert_eq!(rig.simulator.inbox().wait_for(to, 1).await[0].channel, Sms);
}

#[tokio::test]
async fn any_other_number_is_well() {
    for to in [WELL, "+5511987654399", "+5511987654310"] {
        let rig = Rig::start().await;
        rig.whatsapp(to).await;
        assert_eq!(rig.hooks.words(3).await, ["sent", "delivered", "read"]);
        arrives_by_sms(to).await;
    }
}

#[tokio::test]
async fn a_message_is_on_the_phone_before_it_is_called_delivered() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "delivered"]);
    assert_eq!(rig.simulator.inbox().messages(Some(WELL)).len(), 1);
}

#[tokio::test]
async fn number_01_is_not_on_whatsapp_and_that_is_told_at_once() {
    let rig = Rig::start().await;
    rig.meta(&otp("+5511987654301", CODE)).await.is_graph_error(400, 131_026);
    nothing_more_came(&rig).await;
    arrives_by_sms("+5511987654301").await;
}

#[tokio::test]
async fn number_02_is_not_on_whatsapp_and_that_is_told_by_webhook() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654302").await;
    let status = rig.hooks.next().await.status();
    assert_eq!(
        (&status["status"], &status["errors"][0]["code"]),
        (&"failed".into(), &131_026.into())
    );
    nothing_more_came(&rig).await;
    arrives_by_sms("+5511987654302").await;
}

#[tokio::test]
async fn number_03_has_its_phone_off_and_still_gets_sms() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654303").await;
    assert_eq!(rig.hooks.words(1).await, ["sent"]);
    nothing_more_came(&rig).await;
    assert!(rig.simulator.inbox().messages(Some("+5511987654303")).is_empty());
    arrives_by_sms("+5511987654303").await;
}

#[tokio::test]
async fn number_04_gets_whatsapp_late_and_sms_in_time() {
    let rig = Rig::start().await;
    let sent_at = std::time::Instant::now();
    rig.whatsapp("+5511987654304").await;
    assert_eq!(rig.hooks.words(3).await, ["sent", "delivered", "read"]);
    assert!(sent_at.elapsed() >= rig.settings.pace.late);
    let messages = rig.simulator.inbox().messages(Some("+5511987654304"));
    assert_eq!(messages[0].channel, WhatsApp);
    arrives_by_sms("+5511987654304").await;
}

#[tokio::test]
async fn number_05_gets_one_message_and_its_receipts_come_twice_and_backwards() {
    let rig = Rig::start().await;
    let to = "+5511987654305";
    rig.whatsapp(to).await;
    let backwards = ["read", "read", "delivered", "delivered", "sent", "sent"];
    assert_eq!(rig.hooks.words(6).await, backwards);
    rig.sms(to).await;
    assert_eq!(rig.hooks.words(4).await, ["delivered", "delivered", "sent", "sent"]);
    assert_eq!(rig.simulator.inbox().messages(Some(to)).len(), 2);
}

#[tokio::test]
async fn number_06_gets_its_messages_and_no_receipt_ever_comes() {
    let rig = Rig::start().await;
    let to = "+5511987654306";
    rig.whatsapp(to).await;
    rig.sms(to).await;
    assert_eq!(rig.simulator.inbox().wait_for(to, 2).await.len(), 2);
    nothing_more_came(&rig).await;
}

#[tokio::test]
async fn number_07_is_rate_limited_at_every_try() {
    let rig = Rig::start().await;
    for _ in 0..3 {
        rig.meta(&otp("+5511987654307", CODE)).await.is_graph_error(400, 130_429);
    }
    assert_eq!(rig.simulator.requests("+5511987654307", WhatsApp), 3);
    arrives_by_sms("+5511987654307").await;
}

#[tokio::test]
async fn number_08_is_reached_by_nothing() {
    let rig = Rig::start().await;
    let to = "+5511987654308";
    rig.whatsapp(to).await;
    assert_eq!(rig.hooks.words(1).await, ["failed"]);
    rig.sms(to).await;
    assert_eq!(rig.hooks.next().await.word(), "sent");
    let call = rig.hooks.next().await;
    assert_eq!(call.word(), "undelivered");
    assert_eq!(call.field("ErrorCode").unwrap(), "30005");
    assert!(rig.simulator.inbox().messages(Some(to)).is_empty());
}

#[tokio::test]
async fn number_09_says_that_it_asked_for_no_code() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654309").await;
    assert_eq!(rig.hooks.words(3).await, ["sent", "delivered", "tap"]);
    nothing_more_came(&rig).await;
    arrives_by_sms("+5511987654309").await;
}
