//! Meta's webhooks as AWS passes them on: one entry, as a string, in an envelope of AWS's; and the events
//! that EventBridge makes of them.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::ids;
use crate::simulator::{Settings, clock};

/// The `Message` of a notification.
pub(super) fn of(settings: &Settings, webhook: &Value) -> String {
    let Settings { meta, aws, .. } = settings;
    json!({
        "context": {
            "MetaWabaIds": [{ "wabaId": meta.business_account_id, "arn": aws.waba_arn() }],
            "MetaPhoneNumberIds": [{
                "metaPhoneNumberId": meta.phone_number_id,
                "arn": aws.phone_arn(),
            }],
        },
        "whatsAppWebhookEntry": webhook["entry"][0].to_string(),
        "aws_account_id": aws.account_id,
        "message_timestamp": clock::rfc3339_fraction(SystemTime::now(), 9),
        // The event's, not the message's.
        "messageId": ids::uuid(),
    })
    .to_string()
}

/// One event a status. Here `messageId` is the one that the sender was answered, and neither the
/// recipient nor the sender's reference is told. What a failure tells besides is not known.
pub(super) fn events(
    settings: &Settings,
    webhook: &Value,
    id: &str,
) -> impl Iterator<Item = String> {
    let statuses = webhook["entry"][0]["changes"][0]["value"]["statuses"].as_array();
    statuses.into_iter().flatten().map(|status| event(settings, status, id).to_string())
}

fn event(settings: &Settings, status: &Value, id: &str) -> Value {
    let Settings { meta, aws, .. } = settings;
    let kind = match status["status"].as_str().unwrap_or_default() {
        "sent" => "WhatsApp Message Sent",
        "delivered" => "WhatsApp Message Delivered",
        "read" => "WhatsApp Message Read",
        _ => "WhatsApp Message Failed",
    };
    json!({
        "version": "0",
        "id": ids::uuid(),
        "detail-type": kind,
        "source": "aws.social-messaging",
        "account": aws.account_id,
        "time": clock::rfc3339(SystemTime::now()),
        "region": aws.region,
        "resources": [],
        "detail": {
            "wabaId": meta.business_account_id,
            "originationPhoneNumber": meta.display_number,
            "originationPhoneNumberId": meta.phone_number_id,
            "messageId": id,
            "status": status["status"],
            "eventTimestamp": status["timestamp"],
        },
    })
}
