//! What Meta gets to see, and what we make of its answers.

use pombo::{
    delivery::{
        Again, Messenger,
        reaction::Scope,
        whatsapp::{Cloud, CloudSettings, Template},
    },
    otp::{Channel, FailureReason},
};
use serde_json::{Value, json};

use super::{CODE, PATIENCE, assert_discreet, delivery, provider::Provider, rate, send};

/// Made up.
pub const TOKEN: &str = "EAAtokenfortests";

pub fn cloud(base_url: String) -> Cloud {
    let settings = CloudSettings {
        base_url,
        api_version: "v25.0".to_owned(),
        phone_number_id: "106540352242922".to_owned(),
        access_token: TOKEN.into(),
        template: Template {
            name: "verification_code".to_owned(),
            language: "pt_BR".to_owned(),
            languages: [("en".to_owned(), "en_US".to_owned())].into(),
        },
        rate: rate(),
    };
    Cloud::new(settings).ok().unwrap()
}

fn accepted() -> Value {
    json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": "5511987654321", "wa_id": "551187654321" }],
        "messages": [{ "id": "wamid.HBgLTEST" }],
    })
}

#[tokio::test]
async fn meta_gets_the_template_with_the_code_in_both_places() {
    let meta = Provider::answering(200, accepted()).await;
    let sender = cloud(meta.url());
    assert_eq!((sender.name(), sender.channel()), ("cloud", Channel::Whatsapp));
    assert_eq!(send(&sender, PATIENCE).await, Ok("wamid.HBgLTEST".to_owned()));

    let request = meta.request();
    assert_eq!(request.method, "POST");
    assert_eq!(request.uri, "/v25.0/106540352242922/messages");
    assert_eq!(request.header("authorization"), "Bearer EAAtokenfortests");
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("user-agent").starts_with("pombo/"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expected = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5511987654321",
        "type": "template",
        "biz_opaque_callback_data": delivery().to_string(),
        "template": {
            "name": "verification_code",
            "language": { "code": "en_US" },
            "components": [
                { "type": "body", "parameters": [{ "type": "text", "text": "731946" }] },
                {
                    "type": "button", "sub_type": "url", "index": "0",
                    "parameters": [{ "type": "text", "text": "731946" }],
                },
            ],
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_and_discreetly() {
    let refusal = json!({ "error": {
        "message": "(#131026) Message to 5511987654321 with 731946 undeliverable",
        "type": "OAuthException", "code": 131026, "fbtrace_id": "AbC",
        "error_data": { "messaging_product": "whatsapp", "details": "+55 11 98765-4321 / EAA" },
    }});
    let meta = Provider::answering(400, refusal).await;
    let error = send(&cloud(meta.url()), PATIENCE).await.unwrap_err();
    assert_eq!(
        (error.reaction.reason, error.reaction.again),
        (FailureReason::NotOnWhatsapp, Again::No)
    );
    assert!(error.detail.contains("code 131026, HTTP 400"), "{}", error.detail);
    assert!(!error.detail.contains("98765"), "{}", error.detail);
    assert_discreet(&error);
}

#[tokio::test]
async fn the_code_counts_whatever_the_status_is() {
    for status in [200, 400, 429, 500] {
        let meta = Provider::answering(status, json!({ "error": { "code": 131056 } })).await;
        let error = send(&cloud(meta.url()), PATIENCE).await.unwrap_err();
        assert_eq!(
            (error.reaction.reason, error.reaction.again),
            (FailureReason::RateLimited, Again::No),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_fault_that_reaches_further_says_how_far() {
    let expired = json!({ "error": { "code": 190, "message": "expired for +5511987654321" } });
    let meta = Provider::answering(401, expired).await;
    let error = send(&cloud(meta.url()), PATIENCE).await.unwrap_err();
    assert_eq!(error.reaction.scope, Some(Scope::Token));
    assert!(error.detail.starts_with("code 190, HTTP 401 [stops token]: expired"));
    assert!(!error.detail.contains("5511987654321") && !error.detail.contains(CODE), "{error}");
}
