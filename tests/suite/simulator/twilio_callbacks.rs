//! What Twilio tells afterwards, and how it is signed.

use pombo::simulator::{Behaviour, Fate, Step, twilio::sign};

use super::rig::{Call, Rig, WELL, text};

fn signature(rig: &Rig, call: &Call) -> String {
    let form = call.form();
    let params: Vec<_> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let url = format!("{}{}", rig.hooks.base, call.uri);
    sign(&url, &params, &rig.settings.twilio.auth_token)
}

#[tokio::test]
async fn a_text_message_is_sent_then_delivered() {
    let rig = Rig::start().await;
    let sid = rig.sms(WELL).await;
    for word in ["sent", "delivered"] {
        let call = rig.hooks.next().await;
        assert_eq!(call.uri, "/webhooks/twilio?delivery=c1.1");
        assert_eq!(call.header("content-type"), "application/x-www-form-urlencoded");
        let field = |name| call.field(name).unwrap();
        assert_eq!((field("MessageStatus"), field("SmsStatus")), (word.into(), word.into()));
        assert_eq!((field("MessageSid"), field("SmsSid")), (sid.clone(), sid.clone()));
        assert_eq!((field("From"), field("To")), ("+15017250604".into(), WELL.into()));
        assert_eq!(field("AccountSid"), rig.settings.twilio.account_sid);
        assert_eq!(field("ApiVersion"), "2010-04-01");
        assert_eq!(call.field("ErrorCode"), None);
    }
}

#[tokio::test]
async fn the_carriers_word_carries_its_date() {
    let rig = Rig::start().await;
    rig.sms(WELL).await;
    assert_eq!(rig.hooks.next().await.field("RawDlrDoneDate"), None);
    let date = rig.hooks.next().await.field("RawDlrDoneDate").unwrap();
    assert!(date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit()));
}

#[tokio::test]
async fn a_callback_of_a_service_names_it() {
    let rig = Rig::start().await;
    let service = rig.settings.twilio.messaging_service_sid.clone().unwrap();
    let callback = format!("{}/webhooks/twilio", rig.hooks.base);
    let sender = ("MessagingServiceSid", service.as_str());
    let fields = [("To", WELL), sender, ("Body", "1234"), ("StatusCallback", &callback)];
    assert_eq!(rig.twilio(&fields).await.status, 201);
    let call = rig.hooks.next().await;
    assert_eq!(call.field("MessagingServiceSid"), Some(service));
    assert_eq!(call.header("x-twilio-signature"), signature(&rig, &call));
}

#[tokio::test]
async fn a_callback_is_signed_over_its_url_and_its_fields() {
    let rig = Rig::start().await;
    rig.sms("+5511987654308").await;
    for _ in 0..2 {
        let call = rig.hooks.next().await;
        assert_eq!(call.header("x-twilio-signature"), signature(&rig, &call));
    }
}

#[tokio::test]
async fn a_failure_names_its_code() {
    let rig = Rig::start().await;
    let failed = Fate::accept([Step::Failed(30_450)]);
    rig.simulator.script(WELL, Behaviour::well().sms(failed));
    rig.sms(WELL).await;
    let call = rig.hooks.next().await;
    assert_eq!(call.word(), "failed");
    assert_eq!(call.field("ErrorCode").unwrap(), "30450");
}

#[tokio::test]
async fn without_a_callback_address_nobody_is_told() {
    let rig = Rig::start().await;
    assert_eq!(rig.twilio(&text("+5511987654308")).await.status, 201);
    // Nothing of the first message comes before the second's.
    let sid = rig.sms(WELL).await;
    for _ in 0..2 {
        assert_eq!(rig.hooks.next().await.field("MessageSid").unwrap(), sid);
    }
}

#[tokio::test]
async fn a_lost_callback_stays_lost() {
    let rig = Rig::start().await;
    rig.hooks.answer([500]);
    rig.sms(WELL).await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "delivered"]);
}
