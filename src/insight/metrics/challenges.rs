//! Challenges: begun, sent, guessed at and ended.

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::otp::{
    Arm, Channel, Fact,
    event::{FactKind, Guessed, Labels},
};

/// Says what they are.
pub(super) fn describe() {
    for (name, text) in [
        ("pombo_challenges_issued_total", "Challenges begun."),
        (
            "pombo_challenges_concluded_total",
            "Challenges ended, each once. Completion rate: verified / all.",
        ),
        ("pombo_verify_attempts_total", "VerifyCode calls by what they were answered."),
        ("pombo_flows_completed_total", "Flows whose end was reported by ReportOutcome."),
        (
            "pombo_deliveries_total",
            "Deliveries that reached a status, each status once a delivery.",
        ),
        ("pombo_fallbacks_total", "Steps of a plan left for the next."),
        ("pombo_sender_changes_total", "Senders of a channel left for the next."),
    ] {
        describe_counter!(name, text);
    }
    describe_histogram!(
        "pombo_time_to_verify_seconds",
        Unit::Seconds,
        "From the issue of a challenge to its verification."
    );
    describe_histogram!(
        "pombo_delivery_seconds",
        Unit::Seconds,
        "From a message being asked for to a stage of its delivery."
    );
    describe_gauge!("pombo_live_challenges", "Pending challenges in the store, over all replicas.");
}

/// Counts a fact.
pub fn count(fact: &Fact) {
    let Labels { purpose, country, arm, .. } = fact.labels;
    let purpose = purpose.as_str();
    let country = country.as_str().to_owned();
    let first_channel = name(fact.labels.first_channel);
    let arm = arm.as_str();
    match &fact.kind {
        FactKind::Issued => {
            counter!("pombo_challenges_issued_total", "purpose" => purpose, "country" => country,
                "first_channel" => first_channel, "arm" => arm)
            .increment(1);
        }
        FactKind::Concluded { state, used_channel, after, .. } => {
            let used_channel = name(*used_channel);
            counter!("pombo_challenges_concluded_total", "purpose" => purpose, "country" => country,
                "first_channel" => first_channel, "used_channel" => used_channel, "arm" => arm,
                "conclusion" => state.as_str())
            .increment(1);
            // The pace of a test is nobody's experience.
            if !used_channel.is_empty() && fact.labels.arm != Arm::Test {
                histogram!("pombo_time_to_verify_seconds", "purpose" => purpose,
                    "first_channel" => first_channel, "used_channel" => used_channel)
                .record(*after);
            }
        }
        FactKind::Delivery { channel, sender, status, after, .. } => {
            let (channel, sender) = (channel.as_str(), sender.clone());
            counter!("pombo_deliveries_total", "channel" => channel, "sender" => sender.clone(),
                "status" => status.as_str())
            .increment(1);
            histogram!("pombo_delivery_seconds", "channel" => channel, "sender" => sender,
                "stage" => status.as_str())
            .record(*after);
        }
        FactKind::FellBack { from, to, reason } => {
            counter!("pombo_fallbacks_total", "from" => from.as_str(), "to" => to.as_str(),
                "reason" => reason.as_str())
            .increment(1);
        }
        FactKind::ChangedSender { channel, from, to, reason } => {
            counter!("pombo_sender_changes_total", "channel" => channel.as_str(),
                "from" => from.clone(), "to" => to.clone(), "reason" => reason.as_str())
            .increment(1);
        }
        FactKind::FlowReported(outcome) => {
            counter!("pombo_flows_completed_total", "purpose" => purpose, "country" => country,
                "first_channel" => first_channel, "arm" => arm, "outcome" => outcome.as_str())
            .increment(1);
        }
        // Text messages that were withheld are counted where that is decided.
        FactKind::TextWithheld { .. }
        | FactKind::TakenOver { .. }
        | FactKind::GuessCounted { .. }
        | FactKind::Locked { .. } => {}
    }
}

fn name(channel: Option<Channel>) -> &'static str {
    channel.map_or("", Channel::as_str)
}

/// Counts an answered guess.
pub fn guessed(guessed: &Guessed) {
    let purpose = guessed.challenge.as_ref().map_or("", |c| c.flow.purpose.as_str());
    counter!("pombo_verify_attempts_total", "purpose" => purpose, "outcome" => guessed.outcome.as_str())
        .increment(1);
}

/// Shows the number of pending challenges.
pub fn live_challenges(count: i64) {
    gauge!("pombo_live_challenges").set(count as f64);
}
