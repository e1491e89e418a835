//! `pombo templates push`, where Meta takes what it is given.

use serde_json::{Value, json};

use super::{TEMPLATE, command, hasty, sentences, state, world};
use crate::{delivery::provider::Provider, support::world::World};

const LANGUAGES: (&str, &str) =
    ("WHATSAPP__TEMPLATE__LANGUAGES", "{ en = \"en_US\", de = \"de\" }");

#[tokio::test]
async fn every_language_is_made_and_waited_for() {
    let more = [LANGUAGES, ("WHATSAPP__TEMPLATE__NAME", "fresh"), ("DELIVERY__UNDELIVERED", "30s")];
    let world = World::new("memory:", hasty(), &more).await;
    assert_eq!(command(&world, &["check"]).await.code, 1);
    let ended = command(&world, &["templates", "push", "--every", "20ms"]).await;
    assert_eq!((ended.code, &*ended.stderr), (0, ""), "{}", ended.stdout);
    for language in ["pt_BR", "en_US", "de"] {
        let approved = format!("{:<16}  approved", format!("template {language}"));
        assert!(ended.stdout.contains(&approved), "{}", ended.stdout);
    }
    let checked = command(&world, &["check"]).await;
    assert_eq!((checked.code, state(&checked, "template de")), (0, "approved"));
}

#[tokio::test]
async fn a_dry_run_prints_what_would_be_sent_and_sends_nothing() {
    let provider = Provider::answering(500, "{}").await;
    let url = provider.url();
    let world = world(&[
        LANGUAGES,
        ("WHATSAPP__CLOUD__BASE_URL", &url),
        ("DELIVERY__UNDELIVERED", "45s"),
        ("CODE__TTL", "4m"),
        ("PURPOSE__TRANSACTION__TTL", "3m"),
        ("WHATSAPP__TEMPLATE__BUTTON", "zero_tap"),
        ("WHATSAPP__TEMPLATE__APPS", "com.example.app:K8a/AINcGX7"),
        ("WHATSAPP__TEMPLATE__ZERO_TAP_TERMS_ACCEPTED", "true"),
    ])
    .await;
    let ended = command(&world, &["templates", "push", "--dry-run"]).await;
    assert_eq!((ended.code, &*ended.stderr), (0, ""));
    let body: Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected = json!({
        "name": TEMPLATE, "languages": ["pt_BR", "de", "en_US"], "category": "AUTHENTICATION",
        "message_send_ttl_seconds": 45,
        "components": [
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 3 },
            { "type": "BUTTONS", "buttons": [{
                "type": "OTP", "otp_type": "ZERO_TAP", "zero_tap_terms_accepted": true,
                "supported_apps": [
                    { "package_name": "com.example.app", "signature_hash": "K8a/AINcGX7" },
                ],
            }] },
        ],
    });
    assert_eq!(body, expected);
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn what_a_dry_run_prints_is_what_is_sent() {
    let provider = Provider::answering(200, "{\"data\": []}").await;
    let url = provider.url();
    let world = world(&[("WHATSAPP__CLOUD__BASE_URL", &url)]).await;
    let printed = command(&world, &["templates", "push", "--dry-run"]).await;
    let pushed = command(&world, &["templates", "push", "--no-wait"]).await;
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    let request = provider.request();
    let account = "/v25.0/102290129340398/upsert_message_templates";
    assert_eq!((request.method.as_str(), request.uri.path()), ("POST", account));
    assert_eq!(request.header("authorization"), "Bearer simulated-access-token");
    let sent: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(sent, serde_json::from_str::<Value>(&printed.stdout).unwrap());
}

#[tokio::test]
async fn a_message_that_will_outlive_its_fallback_is_warned_of() {
    let world = world(&[]).await;
    let ended = command(&world, &["templates", "push", "--dry-run"]).await;
    let told = sentences(&ended);
    assert_eq!((ended.code, told.len()), (0, 1), "{told:#?}");
    assert!(told[0].starts_with("warning: ") && told[0].contains("delivery.undelivered"));
}
