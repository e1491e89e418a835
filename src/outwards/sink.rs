//! Where events go.

use std::time::Duration;

use async_trait::async_trait;

use super::CloudEvent;
use crate::otp::Time;

/// Takes events, one at a time of each partition.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Its kind: the label of its metrics, and the name of its place in the streams.
    fn name(&self) -> &'static str;

    /// Hands an event on, once, within [`LIMIT`]. `now` is the store's time.
    async fn take(&self, event: &CloudEvent, now: Time) -> Verdict;
}

/// The longest that a sink may take over an event.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What became of a try. The words are for the log and hold nothing of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sink has it.
    Taken,
    /// The sink takes nothing at the moment; it may have said for how long.
    Later(String, Option<Duration>),
    /// The sink takes others, but not this one.
    Refused(String),
}
