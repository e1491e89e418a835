//! The exact numbers, committed with the record they count: the partition's counters and its event
//! records.

use crate::otp::{
    Fact,
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

/// The event records of one transition: JSON, one a fact.
pub fn events(facts: &[Fact]) -> Vec<Vec<u8>> {
    facts.iter().map(|fact| event(fact).to_string().into_bytes()).collect()
}

fn event(fact: &Fact) -> serde_json::Value {
    let mut event = serde_json::json!({
        "time": fact.at.millis(),
        "challenge": fact.challenge.to_string(),
        "cohort": cohort(&fact.labels),
    });
    let details = match &fact.kind {
        FactKind::Issued => serde_json::json!({ "event": "issued" }),
        FactKind::Delivery { number, channel, sender, status, failure, .. } => serde_json::json!({
            "event": status.as_str(),
            "delivery": number,
            "channel": channel.as_str(),
            "sender": sender,
            "failure": failure.map(|failure| failure.as_str()),
        }),
        FactKind::TakenOver { number } => {
            serde_json::json!({ "event": "taken_over", "delivery": number })
        }
        FactKind::ChangedSender { channel, from, to, reason } => serde_json::json!({
            "event": "changed_sender",
            "channel": channel.as_str(),
            "from": from,
            "to": to,
            "reason": reason.as_str(),
        }),
        FactKind::FellBack { from, to, reason } => serde_json::json!({
            "event": "fell_back",
            "from": from.as_str(),
            "to": to.as_str(),
            "reason": reason.as_str(),
        }),
        FactKind::GuessCounted { attempts_left } => {
            serde_json::json!({ "event": "guess_counted", "attempts_left": attempts_left })
        }
        FactKind::Concluded { state, reason, used_channel, .. } => serde_json::json!({
            "event": state.as_str(),
            "reason": reason.as_str(),
            "used_channel": used_channel.map(|channel| channel.as_str()),
        }),
        FactKind::FlowReported(outcome) => serde_json::json!({ "event": outcome.as_str() }),
    };
    if let (Some(event), serde_json::Value::Object(details)) = (event.as_object_mut(), details) {
        event.extend(details);
    }
    event
}
