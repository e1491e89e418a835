//! Limits and rules against toll fraud: what they stopped, and what they would have.

use metrics::{counter, describe_counter};

/// Says what they are.
pub(super) fn describe() {
    for (name, text) in [
        ("pombo_limited_total", "Calls refused, and text messages withheld, by a limit."),
        ("pombo_observed_total", "What limits that are only observed would have stopped."),
        (
            "pombo_evidence_lost_total",
            "Ends of challenges that the rules against toll fraud never heard of, and refused calls that \
             no event tells of, each as often as there were rules in its way.",
        ),
        (
            "pombo_evidence_unreadable_total",
            "Looks at what is known of a destination that could not be read, and counted as nothing.",
        ),
    ] {
        describe_counter!(name, text);
    }
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
/// and no event tells of, once for each rule.
pub fn evidence_lost(count: u32) {
    counter!("pombo_evidence_lost_total").increment(count.into());
}

/// Counts looks at what is known of a destination that could not be read.
pub fn evidence_unreadable() {
    counter!("pombo_evidence_unreadable_total").increment(1);
}
