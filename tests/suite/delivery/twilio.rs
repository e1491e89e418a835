//! What Twilio gets to see, and what we make of its answers.

use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::{
    delivery::{
        Again, Messenger,
        sms::{Sender, TextSettings, Texts, Twilio, TwilioSettings},
    },
    otp::{Channel, FailureReason},
};
use serde_json::json;

use super::{PATIENCE, assert_discreet, delivery, provider::Provider, rate, send};

/// Made up.
pub const TOKEN: &str = "auth-token-for-tests";

/// Made up.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

pub fn twilio(base_url: String, from: Sender) -> Twilio {
    let texts = TextSettings {
        brand: "Pombo".to_owned(),
        web_otp_host: Some("otp.example.com".to_owned()),
        ..TextSettings::default()
    };
    let settings = TwilioSettings {
        base_url,
        account_sid: ACCOUNT.to_owned(),
        auth_token: TOKEN.into(),
        from,
        public_url: "http://127.0.0.1:8080".to_owned(),
        texts: Texts::new(texts).ok().unwrap(),
        rate: rate(),
    };
    Twilio::new(settings).ok().unwrap()
}

pub fn number() -> Sender {
    Sender::Number("+15017250604".to_owned())
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

#[tokio::test]
async fn twilio_gets_the_text_and_where_to_report() {
    let provider = Provider::answering(201, json!({ "sid": "SM1", "status": "queued" })).await;
    let sender = twilio(provider.url(), number());
    assert_eq!((sender.name(), sender.channel()), ("twilio", Channel::Sms));
    assert_eq!(send(&sender, PATIENCE).await, Ok("SM1".to_owned()));

    let request = provider.request();
    assert_eq!(request.method, "POST");
    assert_eq!(request.uri, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json").as_str());
    let credentials = BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    assert_eq!(request.header("authorization"), format!("Basic {credentials}"));
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    let callback = format!("http://127.0.0.1:8080/webhooks/twilio?delivery={}", delivery());
    let expected = [
        ("To", "+5511987654321"),
        ("From", "+15017250604"),
        ("Body", "731946 is your Pombo code.\n\n@otp.example.com #731946"),
        ("StatusCallback", &callback),
        ("ValidityPeriod", "299"),
        ("RiskCheck", "enable"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form(&request.body), expected);
}

#[tokio::test]
async fn a_messaging_service_stands_in_for_a_number() {
    let provider = Provider::answering(201, json!({ "sid": "SM1", "status": "accepted" })).await;
    let service = "MG00000000000000000000000000000000".to_owned();
    send(&twilio(provider.url(), Sender::MessagingService(service.clone())), PATIENCE)
        .await
        .unwrap();
    let form = form(&provider.request().body);
    assert!(form.contains(&("MessagingServiceSid".to_owned(), service)));
    assert!(form.iter().all(|(name, _)| name != "From"));
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_and_discreetly() {
    let refusal = json!({
        "code": 21211, "status": 400,
        "message": "Invalid 'To' Phone Number: +5511987654321 (731946)",
    });
    let provider = Provider::answering(400, refusal).await;
    let error = send(&twilio(provider.url(), number()), PATIENCE).await.unwrap_err();
    assert_eq!(
        (error.reaction.reason, error.reaction.again),
        (FailureReason::Unreachable, Again::No)
    );
    assert_discreet(&error);
}
