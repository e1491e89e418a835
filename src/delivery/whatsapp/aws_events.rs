//! What AWS tells of WhatsApp messages: Meta's own webhook in an envelope, or events of EventBridge.

use serde_json::Value;

use super::{
    notices::Ours,
    webhook::{Batch, failure},
};
use crate::{
    delivery::{Callback, Malformed},
    otp::{DeliveryStatus, Time},
};

/// Who sends events of EventBridge.
const SOURCE: &str = "aws.social-messaging";

/// The sender whose messages these are of.
const TELLER: &str = "aws";

/// Reads what was published.
///
/// In the envelope lies one entry of Meta's webhook as a text, so it is the third JSON within another.
/// An event of EventBridge tells of one message, under the id that AWS answered to the send and without
/// our own name of it; which fields a failed one has besides is documented nowhere.
pub fn parse(message: &str, ours: &Ours) -> Result<Batch, Malformed> {
    let published: Value = serde_json::from_str(message).map_err(|_| Malformed("not JSON"))?;
    let mut batch = Batch::default();
    if let Some(entry) = published["whatsAppWebhookEntry"].as_str() {
        let entry: Value = serde_json::from_str(entry).map_err(|_| Malformed("no entry"))?;
        batch.read_entry(&entry, ours, TELLER);
    } else if published["source"] == SOURCE {
        batch.add(event(&published));
    } else {
        return Err(Malformed("neither an envelope nor an event"));
    }
    Ok(batch)
}

fn event(event: &Value) -> Option<Callback> {
    let kind = event["detail-type"].as_str()?.strip_prefix("WhatsApp Message ")?;
    let status = match kind {
        "Sent" => DeliveryStatus::Sent,
        "Delivered" => DeliveryStatus::Delivered,
        "Read" => DeliveryStatus::Read,
        "Failed" | "Undeliverable" => DeliveryStatus::Failed,
        // `Received`: somebody's message to us.
        _ => return None,
    };
    let detail = &event["detail"];
    Some(Callback::Unnamed {
        message_id: detail["messageId"].as_str()?.to_owned(),
        status,
        failure: (status == DeliveryStatus::Failed).then(|| failure(detail, TELLER)),
        at: detail["eventTimestamp"].as_str().and_then(|at| at.parse().ok()).map(Time::from_secs),
    })
}
