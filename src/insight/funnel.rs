//! The exact numbers, committed with the record they count: the partition's counters and its event
//! records.

use prost_types::Timestamp;
use serde_json::{Value, json};

use crate::otp::{
    Channel, ConclusionReason, Fact, Time,
    event::{FactKind, Labels},
};

/// The counter of live challenges.
pub const LIVE: &str = "live";

/// What the facts of one transition add to the counters.
pub fn counters(facts: &[Fact]) -> Vec<(String, i64)> {
    facts.iter().flat_map(count).collect()
}

fn count(fact: &Fact) -> Vec<(String, i64)> {
    let cohort = cohort(&fact.labels);
    match &fact.kind {
        FactKind::Issued => vec![(LIVE.to_owned(), 1), (format!("issued|{cohort}"), 1)],
        FactKind::Concluded { state, used_channel, .. } => {
            let used = used_channel.map_or("", |channel| channel.as_str());
            let concluded = format!("concluded|{cohort}|{}|{used}", state.as_str());
            vec![(LIVE.to_owned(), -1), (concluded, 1)]
        }
        FactKind::FlowReported(outcome) => {
            vec![(format!("flow|{cohort}|{}", outcome.as_str()), 1)]
        }
        _ => Vec::new(),
    }
}

/// Purpose, country, first channel and arm, as one field.
fn cohort(labels: &Labels) -> String {
    let first = labels.first_channel.map_or("", |channel| channel.as_str());
    let (purpose, arm) = (labels.purpose.as_str(), labels.arm.as_str());
    format!("{purpose}|{}|{first}|{arm}", labels.country.as_str())
}

/// The event records of one transition: JSON, one a fact. `recipient` is the masked number.
///
/// Each names its `event`, `time` and `challenge`; the rest is what it tells, spelled as in logs and
/// metrics. `outwards` sends them to others, so what they say is a promise: see `docs/EVENTS.md`.
pub fn events(recipient: &str, facts: &[Fact]) -> Vec<Vec<u8>> {
    facts.iter().map(|fact| event(recipient, fact).to_string().into_bytes()).collect()
}

fn event(recipient: &str, fact: &Fact) -> Value {
    let Labels { purpose, country, first_channel, arm } = &fact.labels;
    let (name, details) = details(&fact.kind);
    let mut event = json!({
        "event": name,
        "time": rfc3339(fact.at),
        "challenge": fact.challenge.to_string(),
        "recipient": recipient,
        "purpose": purpose.as_str(),
        "country": country.as_str(),
        "first_channel": first_channel.map(Channel::as_str),
        "arm": arm.as_str(),
    });
    if let (Some(event), Value::Object(details)) = (event.as_object_mut(), details) {
        event.extend(details);
    }
    event
}

/// What happened to what, and what is told of it beside the labels.
fn details(kind: &FactKind) -> (String, Value) {
    let name = |of: &str, what: &str| format!("{of}.{what}");
    match kind {
        FactKind::Issued => (name("challenge", "issued"), json!({})),
        FactKind::Delivery { number, channel, sender, status, failure, after } => {
            let details = json!({
                "delivery": number,
                "channel": channel.as_str(),
                "sender": sender,
                "failure": failure.map(|failure| failure.as_str()),
                "after_ms": after.as_millis() as u64,
            });
            (name("delivery", status.as_str()), details)
        }
        FactKind::TakenOver { number } => {
            (name("delivery", "taken_over"), json!({ "delivery": number }))
        }
        FactKind::ChangedSender { channel, from, to, reason } => {
            let (channel, reason) = (channel.as_str(), reason.as_str());
            let details = json!({
                "channel": channel,
                "from_sender": from,
                "to_sender": to,
                "reason": reason,
            });
            (name("challenge", "changed_sender"), details)
        }
        FactKind::FellBack { from, to, reason } => {
            let (from, to, reason) = (from.as_str(), to.as_str(), reason.as_str());
            let details = json!({ "from_channel": from, "to_channel": to, "reason": reason });
            (name("challenge", "fell_back"), details)
        }
        FactKind::TextWithheld { rule, enforced } => {
            let details = json!({ "rule": rule.as_str(), "enforced": enforced });
            (name("challenge", "text_withheld"), details)
        }
        FactKind::GuessCounted { attempts_left } => {
            (name("challenge", "guess_counted"), json!({ "attempts_left": attempts_left }))
        }
        FactKind::Locked { until } => {
            (name("challenge", "locked"), json!({ "locked_until": rfc3339(*until) }))
        }
        FactKind::Concluded { state, reason, used_channel, after } => {
            let details = json!({
                "state": state.as_str(),
                "reason": reason.as_str(),
                "used_channel": used_channel.map(Channel::as_str),
                "after_ms": after.as_millis() as u64,
            });
            // Its state is `cancelled`, but it was the recipient who cancelled: an alarm, not a choice.
            let is_alarm = *reason == ConclusionReason::NotRequestedByRecipient;
            (name("challenge", if is_alarm { "not_requested" } else { state.as_str() }), details)
        }
        FactKind::FlowReported(outcome) => (name("flow", outcome.as_str()), json!({})),
    }
}

/// `2026-07-17T12:06:05.250Z`
pub(super) fn rfc3339(time: Time) -> String {
    let (seconds, millis) = (time.millis() / 1000, time.millis() % 1000);
    Timestamp { seconds: seconds as i64, nanos: millis as i32 * 1_000_000 }.to_string()
}
