//! What takes the service its time.

use std::time::Duration;

use metrics::{Unit, describe_histogram, histogram};

use crate::otp::Profile;

/// Says what they are.
pub(super) fn describe() {
    describe_histogram!("pombo_hash_seconds", Unit::Seconds, "One hash of a code.");
    describe_histogram!("pombo_store_seconds", Unit::Seconds, "One operation of the store.");
    describe_histogram!(
        "pombo_alarm_lag_seconds",
        Unit::Seconds,
        "From the time of an alarm to somebody looking at it."
    );
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
