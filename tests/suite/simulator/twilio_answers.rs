//! What Twilio answers to a good message.

use pombo::simulator::twilio::segments;
use serde_json::Value;

use super::rig::{Rig, WELL, text};

const SERVICE: &str = "MG00000000000000000000000000000000";

#[tokio::test]
async fn twilio_queues_a_message_from_a_number() {
    let rig = Rig::start().await;
    let answer = rig.twilio(&text(WELL)).await;
    assert_eq!(answer.status, 201);
    let message = &answer.body;
    assert_eq!(message["status"], "queued");
    assert_eq!(message["from"], "+15017250604");
    assert_eq!(message["to"], WELL);
    assert_eq!(message["messaging_service_sid"], Value::Null);
    assert_eq!(message["error_code"], Value::Null);
    assert_eq!(message["num_segments"], "1");
    assert_eq!(message["price"], Value::Null);
}

#[tokio::test]
async fn twilio_accepts_a_message_from_a_service() {
    let rig = Rig::start().await;
    let fields = [("To", WELL), ("MessagingServiceSid", SERVICE), ("Body", "1234")];
    let answer = rig.twilio(&fields).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body["status"], "accepted");
    assert_eq!(answer.body["from"], Value::Null);
    assert_eq!(answer.body["messaging_service_sid"], SERVICE);
}

#[tokio::test]
async fn a_sid_is_sm_and_thirty_two_hexadecimal_digits() {
    let rig = Rig::start().await;
    let (one, other) = (rig.sms(WELL).await, rig.sms(WELL).await);
    assert_ne!(one, other);
    let digits = one.strip_prefix("SM").unwrap();
    assert_eq!(digits.len(), 32);
    assert!(digits.bytes().all(|b| b.is_ascii_hexdigit()));
}

/// Judged by the HTTP server's own `Date`, which another hand writes in nearly the same form.
#[tokio::test]
async fn dates_are_those_of_rfc_2822() {
    let rig = Rig::start().await;
    let twilio = &rig.settings.twilio;
    let call = rig.http.post(rig.sms_url()).form(&text(WELL));
    let call = call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token));
    let answer = call.send().await.unwrap();
    let server = answer.headers()["date"].to_str().unwrap().replace("GMT", "+0000");
    let body: Value = answer.json().await.unwrap();
    let date = body["date_created"].as_str().unwrap();
    // To the day: the server reads its clock only once a second.
    assert_eq!((&date[..17], &date[25..]), (&server[..17], &server[25..]));
    assert_eq!(date.len(), server.len());
    assert_eq!(body["date_sent"], Value::Null);
}

#[tokio::test]
async fn twilio_takes_every_documented_field_within_its_bounds() {
    let rig = Rig::start().await;
    let mut fields = text(WELL);
    fields.extend([
        ("StatusCallback", "http://127.0.0.1:9/hook?delivery=c1.1"),
        ("ValidityPeriod", "36000"),
        ("RiskCheck", "enable"),
        ("SmartEncoded", "true"),
        ("ProvideFeedback", "false"),
        ("ContentRetention", "discard"),
        ("AddressRetention", "obfuscate"),
        ("Attempt", "1"),
    ]);
    assert_eq!(rig.twilio(&fields).await.status, 201);
}

#[tokio::test]
async fn twilio_takes_a_body_of_1600_characters() {
    let rig = Rig::start().await;
    let body = "x".repeat(1_600);
    let fields = [("To", WELL), ("From", "+15017250604"), ("Body", body.as_str())];
    assert_eq!(rig.twilio(&fields).await.body["num_segments"], "11");
}

#[test]
fn a_plain_text_holds_160_characters_alone_and_153_in_a_chain() {
    assert_eq!(segments(&"x".repeat(160)), 1);
    assert_eq!(segments(&"x".repeat(161)), 2);
    assert_eq!(segments(&"x".repeat(306)), 2);
    assert_eq!(segments(&"x".repeat(307)), 3);
}

#[test]
fn a_character_of_the_extension_table_counts_twice() {
    assert_eq!(segments(&"€".repeat(80)), 1);
    assert_eq!(segments(&"€".repeat(81)), 2);
}

#[test]
fn no_character_is_torn_between_two_segments() {
    // 152 septets leave room for half of an escaped character, so 76 of them fill a segment.
    assert_eq!(segments(&"€".repeat(152)), 2);
    assert_eq!(segments(&"€".repeat(153)), 3);
    assert_eq!(segments(&"🕊".repeat(66)), 2);
    assert_eq!(segments(&"🕊".repeat(67)), 3);
}

#[test]
fn any_other_character_makes_it_70_alone_and_67_in_a_chain() {
    assert_eq!(segments(&"ã".repeat(70)), 1);
    assert_eq!(segments(&"ã".repeat(71)), 2);
    assert_eq!(segments(&"ã".repeat(134)), 2);
    assert_eq!(segments(&"ã".repeat(135)), 3);
}

#[test]
fn the_line_of_an_origin_bound_code_stays_in_the_plain_alphabet() {
    let text = "747723 is your Pombo code.\n\n@example.com #747723";
    assert_eq!(segments(&format!("{text}{}", "x".repeat(160 - text.len()))), 1);
}
