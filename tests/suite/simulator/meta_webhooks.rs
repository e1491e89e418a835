//! What Meta tells afterwards, in which form, how signed, and how stubbornly.

use pombo::simulator::{
    Behaviour, Fate, HandshakeError, Settings, Step,
    meta::{escape, sign},
};
use serde_json::{Value, json};

use super::rig::{CODE, Rig, WELL, hurried, otp};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The same JSON with every leaf replaced by the name of its type: what a reader relies on.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Array(list) => list.iter().map(shape).collect(),
        Value::String(_) => json!("string"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("boolean"),
        Value::Null => Value::Null,
    }
}

#[tokio::test]
async fn a_message_is_sent_then_delivered_then_read() {
    let rig = Rig::start().await;
    let id = rig.whatsapp(WELL).await;
    for word in ["sent", "delivered", "read"] {
        let call = rig.hooks.next().await;
        assert_eq!(call.uri.path(), "/webhooks/whatsapp");
        assert_eq!(call.header("content-type"), "application/json");
        let status = call.status();
        assert_eq!(status["status"], word);
        assert_eq!(status["id"], id.as_str());
        assert_eq!(status["recipient_id"], "5511987654300");
        assert_eq!(status["biz_opaque_callback_data"], "c1.1");
    }
}

#[tokio::test]
async fn a_status_has_the_form_of_the_documented_one() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    rig.hooks.next().await;
    let delivered = fixture(include_str!("../../fixtures/wa_status_delivered.json"));
    assert_eq!(shape(&rig.hooks.next().await.json()), shape(&delivered));
    let read = fixture(include_str!("../../fixtures/wa_status_read.json"));
    assert_eq!(shape(&rig.hooks.next().await.json()), shape(&read));
}

#[tokio::test]
async fn a_status_names_the_account_and_its_number() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    let call = rig.hooks.next().await;
    assert_eq!(call.json()["entry"][0]["id"], "102290129340398");
    let metadata = json!({
        "display_phone_number": "15550783881",
        "phone_number_id": "106540352242922",
    });
    assert_eq!(call.value()["metadata"], metadata);
}

#[tokio::test]
async fn a_status_without_callback_data_carries_none_back() {
    let rig = Rig::start().await;
    let mut message = otp(WELL, CODE);
    message.as_object_mut().unwrap().remove("biz_opaque_callback_data");
    rig.meta(&message).await;
    assert!(rig.hooks.next().await.status().get("biz_opaque_callback_data").is_none());
}

#[tokio::test]
async fn a_status_of_somebody_with_a_user_name_holds_no_number() {
    let mut settings = hurried();
    settings.meta.user_names = true;
    let rig = Rig::with(settings).await;
    rig.whatsapp(WELL).await;
    let call = rig.hooks.next().await;
    assert!(call.status().get("recipient_id").is_none());
    assert!(call.status()["recipient_user_id"].as_str().unwrap().starts_with("BR."));
    assert_eq!(call.status()["biz_opaque_callback_data"], "c1.1");
}

#[tokio::test]
async fn a_timestamp_is_a_string_of_seconds() {
    let rig = Rig::start().await;
    rig.whatsapp(WELL).await;
    let status = rig.hooks.next().await.status();
    let seconds: u64 = status["timestamp"].as_str().unwrap().parse().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(now.abs_diff(seconds) < 60);
}

#[tokio::test]
async fn a_failure_has_the_form_of_the_documented_one() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654302").await;
    let failed = fixture(include_str!("../../fixtures/wa_status_failed_131026.json"));
    let call = rig.hooks.next().await;
    assert_eq!(shape(&call.json()), shape(&failed));
    let error = &call.status()["errors"][0];
    assert_eq!(error["code"], 131_026);
    assert_eq!(error["title"], error["message"]);
}

#[tokio::test]
async fn a_tap_comes_as_a_message_about_the_message() {
    let rig = Rig::start().await;
    let id = rig.whatsapp("+5511987654309").await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "delivered"]);
    let call = rig.hooks.next().await;
    let tap = fixture(include_str!("../../fixtures/wa_did_not_request_code.json"));
    assert_eq!(shape(&call.json()), shape(&tap));
    let message = &call.value()["messages"][0];
    assert_eq!(message["button"]["payload"], "DID_NOT_REQUEST_CODE");
    assert_eq!(message["context"]["id"], id.as_str());
    assert_eq!(message["from"], "5511987654309");
    assert_ne!(message["id"], id.as_str());
}

#[tokio::test]
async fn a_webhook_is_signed_over_the_very_bytes_that_are_sent() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654309").await;
    for _ in 0..3 {
        let call = rig.hooks.next().await;
        let signature = sign(&rig.settings.meta.app_secret, &call.raw);
        assert_eq!(call.header("x-hub-signature-256"), signature);
    }
}

#[tokio::test]
async fn a_webhook_written_again_no_longer_fits_its_signature() {
    let rig = Rig::start().await;
    rig.whatsapp("+5511987654309").await;
    rig.hooks.words(2).await;
    let tap = rig.hooks.next().await;
    assert!(tap.raw.is_ascii());
    assert!(tap.raw.windows(6).any(|window| window == b"\\u00e3"));
    let rewritten = tap.json().to_string();
    let signature = sign(&rig.settings.meta.app_secret, rewritten.as_bytes());
    assert_ne!(tap.header("x-hub-signature-256"), signature);
}

#[test]
fn escaping_keeps_the_meaning() {
    let json = json!({ "name": "João 🕊", "href": "https://pombo.dev/a" }).to_string();
    let escaped = escape(&json);
    assert!(escaped.contains("Jo\\u00e3o \\ud83d\\udd4a") && escaped.contains("https:\\/\\/"));
    assert_eq!(fixture(&escaped), fixture(&json));
}

#[tokio::test]
async fn a_webhook_that_is_not_acknowledged_comes_again() {
    let rig = Rig::start().await;
    let only_sent = Fate::accept([Step::Sent]);
    rig.simulator.script(WELL, Behaviour::well().whatsapp(only_sent));
    rig.hooks.answer([500, 404, 503]);
    rig.whatsapp(WELL).await;
    let first = rig.hooks.next().await;
    for _ in 0..3 {
        let again = rig.hooks.next().await;
        assert_eq!(again.raw, first.raw);
        assert_eq!(again.header("x-hub-signature-256"), first.header("x-hub-signature-256"));
    }
}

#[tokio::test]
async fn only_200_acknowledges_a_webhook() {
    let rig = Rig::start().await;
    rig.simulator.script(WELL, Behaviour::well().whatsapp(Fate::accept([Step::Sent])));
    rig.hooks.answer([202]);
    rig.whatsapp(WELL).await;
    assert_eq!(rig.hooks.words(2).await, ["sent", "sent"]);
}

#[tokio::test]
async fn retries_of_a_webhook_come_to_an_end() {
    let rig = Rig::start().await;
    let once = Behaviour::well().whatsapp(Fate::accept([Step::Sent]));
    rig.simulator.script(WELL, once);
    rig.hooks.answer([500; 7]);
    rig.whatsapp(WELL).await;
    rig.hooks.words(7).await;
    // The next call that comes is the next message's.
    let next = rig.whatsapp("+5511987654302").await;
    assert_eq!(rig.hooks.next().await.status()["id"], next.as_str());
}

#[tokio::test]
async fn an_unacknowledged_receipt_does_not_hold_up_the_message() {
    let rig = Rig::start().await;
    rig.hooks.answer([500]);
    rig.whatsapp(WELL).await;
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 1).await.len(), 1);
}

#[tokio::test]
async fn the_webhook_address_may_be_learnt_after_the_start() {
    let rig = Rig::start().await;
    let simulator = pombo::simulator::start(Settings::default()).await.unwrap();
    assert_eq!(simulator.handshake().await, Err(HandshakeError::NoAddress));
    simulator.set_webhook_base(rig.hooks.base.clone());
    assert_eq!(simulator.handshake().await, Err(HandshakeError::WrongEcho));
}

#[tokio::test]
async fn the_handshake_asks_for_an_echo_and_shows_the_verify_token() {
    let rig = Rig::start().await;
    assert_eq!(rig.simulator.handshake().await, Err(HandshakeError::WrongEcho));
    let query = rig.hooks.next().await.uri.query().unwrap().to_owned();
    assert!(query.contains("hub.mode=subscribe"));
    assert!(query.contains("hub.challenge="));
    assert!(query.contains("hub.verify_token=simulated-verify-token"));
}

#[tokio::test]
async fn the_handshake_tells_a_refusal() {
    let rig = Rig::start().await;
    rig.hooks.answer([403]);
    let refused = rig.simulator.handshake_with("another-token").await;
    assert_eq!(refused, Err(HandshakeError::Refused(403)));
    let query = rig.hooks.next().await.uri.query().unwrap().to_owned();
    assert!(query.contains("hub.verify_token=another-token"));
}

#[tokio::test]
async fn the_handshake_passes_a_webhook_that_echoes_the_challenge() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let echo =
        axum::routing::get(|axum::extract::RawQuery(query): axum::extract::RawQuery| async {
            let query = query.unwrap_or_default();
            let challenge = query.split('&').find_map(|pair| pair.strip_prefix("hub.challenge="));
            challenge.unwrap_or_default().to_owned()
        });
    let app = axum::Router::new().route("/webhooks/whatsapp", echo);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings = Settings { webhook_base: base, ..hurried() };
    let simulator = pombo::simulator::start(settings).await.unwrap();
    assert_eq!(simulator.handshake().await, Ok(()));
}

#[tokio::test]
async fn nothing_is_called_that_is_not_on_this_machine() {
    let settings = Settings { webhook_base: "http://otp.example.com".into(), ..hurried() };
    let simulator = pombo::simulator::start(settings).await.unwrap();
    assert_eq!(simulator.handshake().await, Err(HandshakeError::NoAnswer));
}
