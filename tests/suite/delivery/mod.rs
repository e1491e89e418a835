//! Senders against servers that answer as told, receipts against recorded ones.

pub mod provider;

mod cloud;

mod twilio;

mod broken_lines;

mod whatsapp_codes;

mod twilio_codes;

mod whatsapp_webhook;

mod twilio_webhook;

mod sns_signatures;

mod sns_certificates;

mod aws_codes;

mod aws_events;

#[cfg(feature = "aws")]
mod aws_requests;

mod own_sender;

mod batches;

mod garbage;

use std::{num::NonZeroU32, time::Duration};

use pombo::{
    delivery::{Accepted, Message, Messenger, SendError},
    otp::{ChallengeId, Code, DeliveryRef, PhoneNumber},
};
use serde_json::Value;

/// Made up, like every number and key here.
const NUMBER: &str = "+5511987654321";

/// The code of every message here.
const CODE: &str = "731946";

/// Longer than any answer of a server on this machine.
const PATIENCE: Duration = Duration::from_secs(10);

fn delivery() -> DeliveryRef {
    DeliveryRef { challenge: ChallengeId(std::array::from_fn(|i| i as u8)), number: 2 }
}

fn message() -> Message {
    Message {
        to: PhoneNumber::parse(NUMBER).unwrap(),
        code: Code::parse(CODE).unwrap(),
        details: None,
        language: "en-GB".to_owned(),
        template: "en_US".to_owned(),
        delivery: delivery(),
        lives_for: Duration::from_millis(299_900),
    }
}

/// More than any test sends.
fn rate() -> NonZeroU32 {
    NonZeroU32::new(1000).unwrap()
}

async fn send(sender: &dyn Messenger, limit: Duration) -> Result<String, SendError> {
    let message = message();
    // A sender that forgets its limit shall fail its test instead of holding up all of them.
    let sending = tokio::time::timeout(PATIENCE * 2, sender.send(&message, limit));
    let accepted: Accepted = sending.await.unwrap()?;
    Ok(accepted.message_id.unwrap())
}

/// Nothing that is printed of a failure may hold the number, the code or a credential.
fn assert_discreet(error: &SendError) {
    let printed = format!("{error} {error:?}");
    for secret in [
        NUMBER.trim_start_matches('+'),
        "987654321",
        CODE,
        cloud::TOKEN,
        twilio::TOKEN,
        twilio::ACCOUNT,
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn vectors(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&fixture(name)).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
