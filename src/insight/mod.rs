//! What happened, told: to the log, to the metrics, to the store's counters and event records.
//!
//! Every fact of every transition passes here once, after its commit. No code and no number is in a
//! fact, so none can leak from here.

pub mod funnel;

pub mod metrics;

pub mod observed;

mod refused;

mod breakers;

pub mod strangers;

use crate::otp::{Fact, event::FactKind};
pub use breakers::BreakerChange;
pub use refused::{RefusedCall, RefusedCalls};

/// Tells one fact: a line of the log and its metrics.
pub fn tell(recipient: &str, fact: &Fact) {
    log(recipient, fact);
    metrics::count(fact);
}

fn log(recipient: &str, fact: &Fact) {
    let challenge = fact.challenge;
    let purpose = fact.labels.purpose.as_str();
    match &fact.kind {
        FactKind::Issued => {
            tracing::info!(%challenge, recipient, purpose, "challenge issued");
        }
        FactKind::Delivery { number, channel, sender, status, failure, after } => tracing::info!(
            %challenge,
            recipient,
            delivery = number,
            channel = channel.as_str(),
            sender,
            status = status.as_str(),
            failure = failure.map_or("", |failure| failure.as_str()),
            after_ms = after.as_millis() as u64,
            "delivery moved on"
        ),
        FactKind::TakenOver { number } => {
            tracing::warn!(%challenge, recipient, delivery = number, "its sender fell silent; sending again");
        }
        FactKind::ChangedSender { channel, from, to, reason } => tracing::info!(
            %challenge,
            recipient,
            channel = channel.as_str(),
            from,
            to,
            reason = reason.as_str(),
            "another sender goes on"
        ),
        FactKind::FellBack { from, to, reason } => tracing::info!(
            %challenge,
            recipient,
            from = from.as_str(),
            to = to.as_str(),
            reason = reason.as_str(),
            "fell back"
        ),
        FactKind::TextWithheld { rule, enforced } => tracing::warn!(
            %challenge,
            recipient,
            rule = rule.as_str(),
            enforced,
            "a rule against toll fraud stood in the way of a text message"
        ),
        FactKind::GuessCounted { attempts_left } => {
            tracing::info!(%challenge, recipient, attempts_left, "wrong guess counted");
        }
        FactKind::Locked { until } => {
            let for_seconds = until.since(fact.at).as_secs();
            tracing::warn!(%challenge, recipient, purpose, for_seconds, "too many wrong guesses; flow locked");
        }
        FactKind::Concluded { state, reason, used_channel, after } => tracing::info!(
            %challenge,
            recipient,
            purpose,
            state = state.as_str(),
            reason = reason.as_str(),
            used_channel = used_channel.map_or("", |channel| channel.as_str()),
            after_ms = after.as_millis() as u64,
            "challenge concluded"
        ),
        FactKind::FlowReported(outcome) => {
            tracing::info!(%challenge, outcome = outcome.as_str(), "flow outcome reported");
        }
    }
}
