//! The metrics, by their public names. Counters are raised after the commit that they count.

mod challenges;

mod limits;

mod senders;

mod doors;

mod events;

mod work;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

pub use challenges::{count, guessed, live_challenges};
pub use doors::{
    admin_refused, connection_ended, tls_expiry, tls_failed, tls_reloaded, turned_away,
    unauthenticated,
};
pub use events::{event_delivered, event_failed, event_lag, events_lost};
pub use limits::{evidence_lost, evidence_unreadable, limited, observed};
pub use senders::{circuit, feedback, notice, send_dropped, webhook};
pub use work::{alarm_lag, hashed, stored};

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
    challenges::describe();
    limits::describe();
    senders::describe();
    doors::describe();
    events::describe();
    work::describe();
    Ok(handle)
}
