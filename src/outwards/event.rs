//! From an event record of the store to a CloudEvent (CloudEvents 1.0, JSON format, structured mode).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::store::Recorded;

/// The content type of a whole CloudEvent.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

/// An event as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudEvent {
    /// Unique, and the same at every try: partition, then the place in its stream.
    pub id: String,
    /// What happened: `pombo.otp.challenge.verified.v1`.
    pub kind: String,
    /// What it keeps its order with: the challenge that it happened to; where there is none, its partition.
    pub group: String,
    /// The whole event in JSON.
    pub body: Vec<u8>,
}

/// What the funnel wrote.
#[derive(Deserialize)]
struct Record {
    event: String,
    time: String,
    challenge: Option<String>,
    #[serde(flatten)]
    data: Map<String, Value>,
}

impl CloudEvent {
    /// Makes a record ready to leave. `source` names this service, as a URI.
    ///
    /// # Errors
    ///
    /// The record is not one of ours.
    pub fn new(
        source: &str,
        partition: u32,
        recorded: &Recorded,
    ) -> Result<Self, serde_json::Error> {
        let Record { event, time, challenge, mut data } = serde_json::from_slice(&recorded.event)?;
        // What does not apply is left out.
        data.retain(|_, value| !value.is_null() && value != "");
        let id = format!("{partition}-{}", recorded.id);
        let kind = format!("pombo.otp.{event}.v1");
        let mut body = json!({
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": kind,
            "time": time,
            "datacontenttype": "application/json",
            "partitionkey": partition.to_string(),
            "sequence": sequence(recorded),
            "data": data,
        });
        if let Some(challenge) = &challenge {
            body["subject"] = json!(challenge);
        }
        let group = challenge.unwrap_or_else(|| partition.to_string());
        Ok(Self { id, kind, group, body: body.to_string().into_bytes() })
    }
}

/// Rises from event to event of a partition, compared as text (the CloudEvents extension
/// `sequence`).
fn sequence(recorded: &Recorded) -> String {
    format!("{:014}-{:08}", recorded.id.at.millis(), recorded.id.nth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{otp::Time, store::EventId};

    fn recorded(at: u64, nth: u64, event: &str) -> Recorded {
        let id = EventId { at: Time::from_millis(at), nth, count: 1 };
        Recorded { id, event: event.as_bytes().to_vec() }
    }

    #[test]
    fn what_does_not_apply_is_left_out_and_the_rest_is_data() {
        let record = r#"{"event": "challenge.issued", "time": "2026-07-17T12:06:05.250Z",
            "challenge": "ch_1", "recipient": "+55*********00", "first_channel": null, "arm": ""}"#;
        let event =
            CloudEvent::new("https://otp.example.com", 17, &recorded(9, 3, record)).unwrap();
        let body: Value = serde_json::from_slice(&event.body).unwrap();
        assert_eq!(body["data"], json!({ "recipient": "+55*********00" }));
        assert_eq!(body["id"], "17-9-3");
        assert_eq!(body["type"], "pombo.otp.challenge.issued.v1");
        assert_eq!(body["subject"], "ch_1");
    }

    #[test]
    fn what_happened_to_no_challenge_has_no_subject() {
        let record = r#"{"event": "call.refused", "time": "2026-07-17T12:06:05.250Z",
            "challenge": null, "rule": "prefix_budget", "enforced": true}"#;
        let event = CloudEvent::new("urn:pombo", 17, &recorded(9, 3, record)).unwrap();
        let body: Value = serde_json::from_slice(&event.body).unwrap();
        assert_eq!(body.get("subject"), None);
        assert_eq!(body["data"], json!({ "rule": "prefix_budget", "enforced": true }));
        assert_eq!(event.group, "17");
    }

    #[test]
    fn sequences_rise_as_text() {
        let places = [(999, 9), (999, 10), (1_000, 0), (1_790_000_000_000, 0)];
        let sequences = places.map(|(at, nth)| sequence(&recorded(at, nth, "")));
        assert!(sequences.is_sorted_by(|a, b| a < b), "{sequences:?}");
    }
}
