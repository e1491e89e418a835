//! Keeps a sender under its provider's throughput.
//!
//! Per process: with several replicas each gets its share of the rate by configuration. Limits that
//! protect a person or money are not here but in the store.

use std::num::NonZeroU32;

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::sync::Mutex;

/// Lets messages through one by one, so many a second.
pub struct Pace {
    limiter: DefaultDirectRateLimiter,
    clock: DefaultClock,
    /// Who waits stands in line here: turns come in the order they were asked for, and one timer
    /// runs instead of one a message.
    line: Mutex<()>,
}

impl Pace {
    /// At most `rate` a second, with a burst of a tenth of that: a provider that counts by the
    /// second would refuse a full second's worth at once on top of a second's flow.
    pub fn new(rate: NonZeroU32) -> Self {
        let burst = NonZeroU32::new(rate.get() / 10).unwrap_or(NonZeroU32::MIN);
        let clock = DefaultClock::default();
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            line: Mutex::new(()),
        }
    }

    /// Resolves when the next message may go. Dropped while waiting, it uses no turn up.
    pub async fn turn(&self) {
        let _first_in_line = self.line.lock().await;
        while let Err(early) = self.limiter.check() {
            tokio::time::sleep(early.wait_time_from(self.clock.now())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn more_than_the_rate_waits() {
        let pace = Pace::new(NonZeroU32::new(100).unwrap());
        let start = Instant::now();
        for _ in 0..30 {
            pace.turn().await;
        }
        // Ten at once, twenty at a hundredth of a second each.
        assert!(start.elapsed() >= Duration::from_millis(199), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_slow_rate_still_lets_the_first_go_at_once() {
        let pace = Pace::new(NonZeroU32::MIN);
        tokio::time::timeout(Duration::from_millis(500), pace.turn()).await.unwrap();
    }
}
