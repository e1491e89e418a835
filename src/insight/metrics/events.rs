//! Events that leave.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

/// Says what they are.
pub(super) fn describe() {
    for (name, text) in [
        ("pombo_events_delivered_total", "Events that a sink took."),
        ("pombo_events_failed_total", "Tries to hand on an event that a sink did not take."),
        ("pombo_events_lost_total", "Events that a sink will never be given, by why."),
    ] {
        describe_counter!(name, text);
    }
    describe_histogram!(
        "pombo_event_lag_seconds",
        Unit::Seconds,
        "From an event to a try to hand it on."
    );
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
