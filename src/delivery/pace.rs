//! Keeps a sender under its provider's throughput, and under what one recipient may get.
//!
//! Per process: with several replicas each gets its share of the rate by configuration. Limits that
//! protect a person or money are not here but in the store.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::{sync::Mutex, time::sleep};

use super::{Pacing, PairLimit};
use crate::otp::PhoneNumber;

/// After so many messages recipients whose limit is full again are forgotten.
const SWEEP: u32 = 4096;

/// Lets messages through one by one, so many a second, and to each recipient so many in a while.
pub struct Pace {
    limiter: DefaultDirectRateLimiter,
    pairs: Option<Pairs>,
    clock: DefaultClock,
    /// Who waits stands in line here: turns come in the order they were asked for, and one timer
    /// runs instead of one a message.
    line: Mutex<()>,
}

impl Pace {
    /// At most the rate a second, with a burst of a tenth of that: a provider that counts by the
    /// second would refuse a full second's worth at once on top of a second's flow.
    pub fn new(pacing: Pacing) -> Self {
        let rate = pacing.rate;
        let burst = rate.get().div_ceil(10).try_into().unwrap_or(rate);
        let clock = DefaultClock::default();
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            pairs: pacing.pair.and_then(Pairs::new),
            clock,
            line: Mutex::new(()),
        }
    }

    /// Resolves when the next message to this number may go. Dropped while waiting, it uses no turn
    /// up, but may use up one of the number's.
    pub async fn turn(&self, to: &PhoneNumber) {
        if let Some(pairs) = &self.pairs {
            pairs.turn(to, &self.clock).await;
        }
        let _first_in_line = self.line.lock().await;
        while let Err(early) = self.limiter.check() {
            sleep(early.wait_time_from(self.clock.now())).await;
        }
    }
}

/// What each recipient got of late. Of a number only a hash is held, under a key of this process.
struct Pairs {
    limiter: DefaultKeyedRateLimiter<u64>,
    key: RandomState,
    messages: AtomicU32,
}

impl Pairs {
    /// None for a gap of nothing, which limits nothing.
    fn new(limit: PairLimit) -> Option<Self> {
        let quota = Quota::with_period(limit.gap)?.allow_burst(limit.burst);
        let (limiter, key) = (RateLimiter::keyed(quota), RandomState::new());
        Some(Self { limiter, key, messages: AtomicU32::new(0) })
    }

    async fn turn(&self, to: &PhoneNumber, clock: &DefaultClock) {
        if self.messages.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let to = self.key.hash_one(to.e164());
        while let Err(early) = self.limiter.check_key(&to) {
            sleep(early.wait_time_from(clock.now())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroU32,
        time::{Duration, Instant},
    };

    use tokio::time::timeout;

    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    fn rate(rate: u32) -> Pacing {
        Pacing { rate: NonZeroU32::new(rate).unwrap(), pair: None }
    }

    #[tokio::test]
    async fn more_than_the_rate_waits() {
        let (pace, to) = (Pace::new(rate(100)), number("+5511987654300"));
        let start = Instant::now();
        for _ in 0..30 {
            pace.turn(&to).await;
        }
        // Ten at once, twenty at a hundredth of a second each.
        assert!(start.elapsed() >= Duration::from_millis(199), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_slow_rate_still_lets_the_first_go_at_once() {
        let (pace, to) = (Pace::new(rate(1)), number("+5511987654300"));
        timeout(Duration::from_millis(500), pace.turn(&to)).await.unwrap();
    }

    #[tokio::test]
    async fn who_got_many_messages_waits_and_nobody_else() {
        let gap = Duration::from_millis(100);
        let pair = Some(PairLimit { gap, burst: NonZeroU32::new(2).unwrap() });
        let pace = Pace::new(Pacing { pair, ..rate(1_000) });
        let (busy, other) = (number("+5511987654300"), number("+5511987654301"));
        let start = Instant::now();
        pace.turn(&busy).await;
        pace.turn(&busy).await;
        timeout(gap / 2, pace.turn(&busy)).await.unwrap_err();
        timeout(gap / 2, pace.turn(&other)).await.unwrap();
        pace.turn(&busy).await;
        assert!(start.elapsed() >= gap, "{:?}", start.elapsed());
    }
}
