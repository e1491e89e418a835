//! Senders and their providers: the roads that are open, and what comes back on them.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use crate::otp::Channel;

/// Says what they are.
pub(super) fn describe() {
    for (name, text) in [
        ("pombo_webhooks_total", "Callbacks of providers by what became of them."),
        ("pombo_provider_notices_total", "What providers told of accounts, numbers and templates."),
        ("pombo_feedback_total", "Providers told what became of a message's code."),
        ("pombo_sends_dropped_total", "Sends given up because nobody waited for them any more."),
    ] {
        describe_counter!(name, text);
    }
    describe_gauge!("pombo_circuits_open", "Circuits that keep messages from a sender, by part.");
}

/// Counts callbacks by what became of them.
pub fn webhook(source: &'static str, result: &'static str, count: u64) {
    counter!("pombo_webhooks_total", "source" => source, "result" => result).increment(count);
}

/// Counts what a provider told of an account, a number or a template.
pub fn notice(sender: &'static str, event: &'static str) {
    counter!("pombo_provider_notices_total", "sender" => sender, "event" => event).increment(1);
}

/// Counts what became of telling a provider what became of a code.
pub fn feedback(sender: &'static str, result: &'static str) {
    counter!("pombo_feedback_total", "sender" => sender, "result" => result).increment(1);
}

/// Counts a send that was not wanted any more.
pub fn send_dropped(channel: Channel) {
    counter!("pombo_sends_dropped_total", "channel" => channel.as_str()).increment(1);
}

/// Shows that a circuit opened or closed.
pub fn circuit(channel: Channel, sender: &'static str, part: &'static str, opened: bool) {
    let circuits = gauge!("pombo_circuits_open", "channel" => channel.as_str(),
        "sender" => sender, "part" => part);
    if opened { circuits.increment(1) } else { circuits.decrement(1) }
}
