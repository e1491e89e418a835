//! The metrics, by their public names. Counters are raised after the commit that they count.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::otp::{
    Arm, Channel, Fact, Profile,
    event::{FactKind, Guessed, Labels},
};

/// Buckets for what takes milliseconds: hashes, the store.
const QUICK: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// Buckets for what people and phones take: from a fraction of a second to the life of a challenge.
const HUMAN: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0,
    300.0, 600.0,
];

/// Buckets for what an outage elsewhere may hold up: from a moment to the life of an event.
const OUTAGE: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0,
];

/// Installs the recorder for this process; the handle renders `/metrics`.
pub fn install() -> Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    let suffix = |name: &str| Matcher::Full(format!("pombo_{name}"));
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(suffix("hash_seconds"), QUICK)?
        .set_buckets_for_metric(suffix("store_seconds"), QUICK)?
        .set_buckets_for_metric(suffix("alarm_lag_seconds"), QUICK)?
        .set_buckets_for_metric(suffix("time_to_verify_seconds"), HUMAN)?
        .set_buckets_for_metric(suffix("delivery_seconds"), HUMAN)?
        .set_buckets_for_metric(suffix("event_lag_seconds"), OUTAGE)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

fn describe() {
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
        ("pombo_limited_total", "Calls refused, and text messages withheld, by a limit."),
        ("pombo_observed_total", "What limits that are only observed would have stopped."),
        (
            "pombo_evidence_lost_total",
            "Ends of challenges that the rules against toll fraud never heard of, and refused calls that no event tells of.",
        ),
        ("pombo_webhooks_total", "Callbacks of providers by what became of them."),
        ("pombo_events_delivered_total", "Events that a sink took."),
        ("pombo_events_failed_total", "Tries to hand on an event that a sink did not take."),
        ("pombo_events_lost_total", "Events that a sink will never be given, by why."),
        ("pombo_provider_notices_total", "What providers told of accounts, numbers and templates."),
        ("pombo_feedback_total", "Providers told what became of a message's code."),
        ("pombo_connections_turned_away_total", "Connections for which a listener had no place."),
        ("pombo_admin_refused_total", "Requests at the admin listener without the right token."),
        ("pombo_unauthenticated_total", "Calls by gRPC of somebody who is no caller."),
        ("pombo_connections_ended_total", "Connections of callers that were ended, by why."),
        ("pombo_tls_failed_total", "Connections that broke off before TLS was agreed on."),
        ("pombo_tls_reloads_total", "Changes of the files of TLS by what became of them."),
        ("pombo_sends_dropped_total", "Sends given up because nobody waited for them any more."),
    ] {
        describe_counter!(name, text);
    }
    for (name, text) in [
        ("pombo_time_to_verify_seconds", "From the issue of a challenge to its verification."),
        ("pombo_delivery_seconds", "From a message being asked for to a stage of its delivery."),
        ("pombo_hash_seconds", "One hash of a code."),
        ("pombo_store_seconds", "One operation of the store."),
        ("pombo_event_lag_seconds", "From an event to a try to hand it on."),
        ("pombo_alarm_lag_seconds", "From the time of an alarm to somebody looking at it."),
    ] {
        describe_histogram!(name, Unit::Seconds, text);
    }
    describe_gauge!("pombo_circuits_open", "Circuits that keep messages from a sender, by part.");
    describe_gauge!(
        "pombo_tls_certificate_expiry_seconds",
        Unit::Seconds,
        "When the certificate that callers are shown ends, in seconds since 1970."
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

/// Counts what a limit refused.
pub fn limited(limit: &'static str) {
    counter!("pombo_limited_total", "limit" => limit).increment(1);
}

/// Counts what a limit that is only observed would have stopped.
pub fn observed(limit: &'static str) {
    counter!("pombo_observed_total", "limit" => limit).increment(1);
}

/// Counts ends of challenges that the rules against toll fraud never heard of, and calls that they refused
/// and no event tells of.
pub fn evidence_lost(count: u32) {
    counter!("pombo_evidence_lost_total").increment(count.into());
}

/// Counts callbacks by what became of them.
pub fn webhook(source: &'static str, result: &'static str, count: u64) {
    counter!("pombo_webhooks_total", "source" => source, "result" => result).increment(count);
}

/// Counts a send that was not wanted any more.
pub fn send_dropped(channel: Channel) {
    counter!("pombo_sends_dropped_total", "channel" => channel.as_str()).increment(1);
}

/// Counts a connection for which there was no place.
pub fn turned_away(listener: &'static str) {
    counter!("pombo_connections_turned_away_total", "listener" => listener).increment(1);
}

/// Counts a request at the admin listener without its token.
pub fn admin_refused() {
    counter!("pombo_admin_refused_total").increment(1);
}

/// Counts a call by gRPC of somebody who is no caller.
pub fn unauthenticated() {
    counter!("pombo_unauthenticated_total").increment(1);
}

/// Counts a connection that was not kept any longer.
pub fn connection_ended(why: &'static str) {
    counter!("pombo_connections_ended_total", "reason" => why).increment(1);
}

/// Counts a connection that never came to speak TLS.
pub fn tls_failed() {
    counter!("pombo_tls_failed_total").increment(1);
}

/// Counts what became of changed files of TLS.
pub fn tls_reloaded(result: &'static str) {
    counter!("pombo_tls_reloads_total", "result" => result).increment(1);
}

/// Shows when the certificate ends.
pub fn tls_expiry(since_1970: i64) {
    gauge!("pombo_tls_certificate_expiry_seconds").set(since_1970 as f64);
}

/// Shows that a circuit opened or closed.
pub fn circuit(channel: Channel, sender: &'static str, part: &'static str, opened: bool) {
    let circuits = gauge!("pombo_circuits_open", "channel" => channel.as_str(),
        "sender" => sender, "part" => part);
    if opened { circuits.increment(1) } else { circuits.decrement(1) }
}

/// Counts what became of telling a provider what became of a code.
pub fn feedback(sender: &'static str, result: &'static str) {
    counter!("pombo_feedback_total", "sender" => sender, "result" => result).increment(1);
}

/// Counts what a provider told of an account, a number or a template.
pub fn notice(sender: &'static str, event: &'static str) {
    counter!("pombo_provider_notices_total", "sender" => sender, "event" => event).increment(1);
}

/// Observes a hash.
pub fn hashed(profile: Profile, took: Duration) {
    histogram!("pombo_hash_seconds", "profile" => profile.as_str()).record(took);
}

/// Observes an operation of the store.
pub fn stored(operation: &'static str, took: Duration) {
    histogram!("pombo_store_seconds", "operation" => operation).record(took);
}

/// Observes how late an alarm was looked at.
pub fn alarm_lag(lag: Duration) {
    histogram!("pombo_alarm_lag_seconds").record(lag);
}

/// Shows the number of pending challenges.
pub fn live_challenges(count: i64) {
    gauge!("pombo_live_challenges").set(count as f64);
}

/// Counts an event that a sink took.
pub fn event_delivered(sink: &'static str) {
    counter!("pombo_events_delivered_total", "sink" => sink).increment(1);
}

/// Counts a try that a sink did not take.
pub fn event_failed(sink: &'static str) {
    counter!("pombo_events_failed_total", "sink" => sink).increment(1);
}

/// Counts events that a sink will never be given.
pub fn events_lost(sink: &'static str, why: &'static str, count: u64) {
    counter!("pombo_events_lost_total", "sink" => sink, "why" => why).increment(count);
}

/// Observes how old an event is when it is handed on.
pub fn event_lag(sink: &'static str, lag: Duration) {
    histogram!("pombo_event_lag_seconds", "sink" => sink).record(lag);
}
