//! What AWS publishes of both channels: recorded notifications, documented ones, odd ones.

use pombo::{
    delivery::{
        Callback, Notice, Receipt,
        circuit::Part,
        sms::aws_events as sms,
        whatsapp::{aws_events as whatsapp, notices::Ours, webhook::Batch},
    },
    otp::{DeliveryStatus, FailureReason, Time},
};
use serde_json::{Value, json};

use super::{delivery, fixture};

fn recorded(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap()
}

/// A recorded event of a text message, which was ours.
fn event(name: &str) -> Value {
    let mut event = recorded(name);
    event["context"] = json!({ "delivery": delivery().to_string() });
    event
}

fn text_receipt(event: &Value) -> Receipt {
    match sms::parse(&event.to_string()).unwrap() {
        Some(Callback::Receipt(receipt)) => receipt,
        _ => panic!("{event} is a receipt"),
    }
}

/// AWS's envelope around these entries' changes.
fn envelope(changes: Value) -> Value {
    let entry = json!({ "id": "102290129340398", "changes": changes }).to_string();
    json!({ "context": {}, "whatsAppWebhookEntry": entry, "aws_account_id": "123456789012" })
}

fn ours() -> Ours {
    Ours { account: None, template: "otp".to_owned() }
}

fn published(message: &Value) -> Batch {
    whatsapp::parse(&message.to_string(), &ours()).unwrap()
}

#[test]
fn recorded_events_of_text_messages_are_receipts() {
    let delivered = text_receipt(&event("aws_sms_event_delivered.json"));
    assert_eq!((delivered.delivery, delivered.status), (delivery(), DeliveryStatus::Delivered));
    assert_eq!(delivered.message_id, "862a8790-60c0-4430-9b2b-658bd0000000");
    assert_eq!(delivered.at, Some(Time::from_millis(1_686_975_103_470)));
    assert!(delivered.failure.is_none());
    let expired = text_receipt(&event("aws_sms_event_ttl_expired.json"));
    assert_eq!(expired.status, DeliveryStatus::Failed);
    assert_eq!(expired.failure.unwrap().reason, FailureReason::Unavailable);
}

#[test]
fn each_kind_of_event_has_its_meaning() {
    use {DeliveryStatus as Status, FailureReason as Why};
    for (kind, status, why) in [
        ("TEXT_QUEUED", Status::Accepted, None),
        ("TEXT_PENDING", Status::Sent, None),
        ("TEXT_SUCCESSFUL", Status::Delivered, None),
        ("TEXT_INVALID", Status::Failed, Some(Why::Unreachable)),
        ("TEXT_UNREACHABLE", Status::Failed, Some(Why::Unreachable)),
        ("TEXT_CARRIER_UNREACHABLE", Status::Failed, Some(Why::Unreachable)),
        ("TEXT_BLOCKED", Status::Failed, Some(Why::Rejected)),
        ("TEXT_CARRIER_BLOCKED", Status::Failed, Some(Why::Rejected)),
        ("TEXT_SPAM", Status::Failed, Some(Why::Rejected)),
        ("TEXT_INVALID_MESSAGE", Status::Failed, Some(Why::Rejected)),
        ("TEXT_PROTECT_BLOCKED", Status::Failed, Some(Why::BlockedAsFraud)),
    ] {
        let mut event = event("aws_sms_event_delivered.json");
        event["eventType"] = json!(kind);
        let receipt = text_receipt(&event);
        assert_eq!((receipt.status, receipt.failure.map(|it| it.reason)), (status, why), "{kind}");
    }
}

#[test]
fn what_a_set_must_tell_is_what_ends_a_message() {
    let ends = |kind: &&str| {
        let (status, _) = sms::judge(kind).unwrap();
        matches!(status, DeliveryStatus::Delivered | DeliveryStatus::Failed)
    };
    assert!(sms::ENDS.iter().all(ends));
}

#[test]
fn an_event_of_somebody_elses_message_or_without_news_says_nothing() {
    let foreign = recorded("aws_sms_event_delivered.json");
    let mut unknown = event("aws_sms_event_delivered.json");
    unknown["eventType"] = json!("TEXT_UNKNOWN");
    for event in [foreign, unknown] {
        assert!(sms::parse(&event.to_string()).unwrap().is_none(), "{event}");
    }
    for text in ["", "{}", "[]", "Successfully validated SNS topic", r#"{"eventType":1}"#] {
        assert!(sms::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_recorded_envelope_holds_metas_receipt() {
    let mut message = recorded("aws_eum_social_envelope_delivered.json");
    let entry = message["whatsAppWebhookEntry"].as_str().unwrap();
    let ours = entry.replace("at_01", &delivery().to_string());
    message["whatsAppWebhookEntry"] = json!(ours);
    // Older envelopes have no id of their own.
    for older in [false, true] {
        older.then(|| message.as_object_mut().unwrap().remove("messageId"));
        let batch = published(&message);
        let [Callback::Receipt(receipt)] = &batch.callbacks[..] else { panic!("one receipt") };
        assert_eq!((receipt.delivery, receipt.status), (delivery(), DeliveryStatus::Delivered));
        assert_eq!(receipt.at, Some(Time::from_secs(1_750_030_073)));
        assert_eq!(batch.skipped, 0);
    }
    let foreign = published(&recorded("aws_eum_social_envelope_delivered.json"));
    assert_eq!((foreign.callbacks.len(), foreign.skipped), (0, 1));
}

#[test]
fn the_envelope_holds_metas_notices_too() {
    let value = json!({
        "event": "PAUSED", "message_template_name": "otp", "message_template_language": "en-US",
    });
    let changes = json!([{ "field": "message_template_status_update", "value": value }]);
    let batch = published(&envelope(changes));
    let [Callback::Notice(notice)] = &batch.callbacks[..] else { panic!("one notice") };
    let part = Part::Template("en_US".to_owned());
    assert_eq!(*notice, Notice { event: "template_paused", part, stopped: true });
}

#[test]
fn an_event_of_eventbridge_names_the_message_as_aws_did() {
    let detail = json!({
        "wabaId": "1", "originationPhoneNumberId": "2", "messageId": "made-up",
        "status": "any", "eventTimestamp": "1759466063",
    });
    let event = |kind: &str| {
        let kind = format!("WhatsApp {kind}");
        json!({ "source": "aws.social-messaging", "detail-type": kind, "detail": detail })
    };
    for (kind, expected) in [
        ("Message Sent", DeliveryStatus::Sent),
        ("Message Delivered", DeliveryStatus::Delivered),
        ("Message Read", DeliveryStatus::Read),
        ("Message Failed", DeliveryStatus::Failed),
        ("Message Undeliverable", DeliveryStatus::Failed),
    ] {
        let batch = published(&event(kind));
        let [Callback::Unnamed { message_id, status, failure, at }] = &batch.callbacks[..] else {
            panic!("{kind} tells of a message")
        };
        assert_eq!((message_id.as_str(), *status), ("made-up", expected));
        assert_eq!(failure.is_some(), expected == DeliveryStatus::Failed, "{kind}");
        assert_eq!(*at, Some(Time::from_secs(1_759_466_063)));
    }
    for kind in ["Message Received", "Message Handover Failed", "Unknown Notification Received"] {
        let batch = published(&event(kind));
        assert_eq!((batch.callbacks.len(), batch.skipped), (0, 1), "{kind}");
    }
}

#[test]
fn what_is_neither_envelope_nor_event_is_malformed() {
    for text in ["", "{}", "[]", r#"{"whatsAppWebhookEntry":"{"}"#, r#"{"source":"aws.s3"}"#] {
        assert!(whatsapp::parse(text, &ours()).is_err(), "{text}");
    }
}
