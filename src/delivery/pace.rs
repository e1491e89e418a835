//! Keeps a sender under its provider's throughput, and under what one recipient may get.
//!
//! Per process: with several replicas each gets its share of the rate by configuration. Limits that
//! protect a person or money are not here but in the store.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::time::{Instant, sleep, timeout_at};

use super::{Pacing, PairLimit, turns::Turns};
use crate::otp::PhoneNumber;

/// After so many messages recipients whose limit is full again are forgotten.
const SWEEP: u32 = 4096;

/// Lets messages through one by one, so many a second, and to each recipient so many in a while.
pub struct Pace {
    /// The time between two messages, one after another.
    gap: Duration,
    limiter: DefaultDirectRateLimiter,
    pairs: Option<Pairs>,
    clock: DefaultClock,
    /// Who waits stands in line here, behind the same caller's messages only; and one timer runs
    /// instead of one a message.
    line: Turns<String>,
}

impl Pace {
    /// At most the rate a second, with a burst of a tenth of that: a provider that counts by the
    /// second would refuse a full second's worth at once on top of a second's flow.
    pub fn new(pacing: Pacing) -> Self {
        let rate = pacing.rate;
        let clock = DefaultClock::default();
        let burst = rate.get().div_ceil(10).try_into().unwrap_or(rate);
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self {
            gap: Duration::from_secs(1) / rate.get(),
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            pairs: pacing.pair.and_then(Pairs::new),
            clock,
            line: Turns::new(1),
        }
    }

    /// Waits until the next message of this caller to this number may go; false if that is not before
    /// `until`. Where so many of the caller's are waiting already that their turns alone take longer,
    /// that is told at once. In vain it uses no turn up, but may use up one of the number's.
    pub async fn turn(&self, caller: &str, to: &PhoneNumber, until: Instant) -> bool {
        timeout_at(until, self.wait(caller, to, until)).await.unwrap_or(false)
    }

    async fn wait(&self, caller: &str, to: &PhoneNumber, until: Instant) -> bool {
        if let Some(pairs) = &self.pairs {
            pairs.turn(to, &self.clock).await;
        }
        let in_time = until.duration_since(Instant::now());
        let Some(_first_in_line) = self.line.come(caller.to_owned(), self.gap, in_time).await
        else {
            return false;
        };
        while let Err(early) = self.limiter.check() {
            sleep(early.wait_time_from(self.clock.now())).await;
        }
        true
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
    use std::{num::NonZeroU32, sync::Arc};

    use tokio::task::JoinSet;

    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    fn rate(rate: u32) -> Pacing {
        Pacing { rate: NonZeroU32::new(rate).unwrap(), pair: None }
    }

    fn soon(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    #[tokio::test]
    async fn more_than_the_rate_waits() {
        let (pace, to) = (Pace::new(rate(100)), number("+5511987654300"));
        let start = Instant::now();
        for _ in 0..30 {
            assert!(pace.turn("a", &to, soon(5_000)).await);
        }
        // Ten at once, twenty at a hundredth of a second each.
        assert!(start.elapsed() >= Duration::from_millis(199), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_slow_rate_still_lets_the_first_go_at_once() {
        let (pace, to) = (Pace::new(rate(1)), number("+5511987654300"));
        assert!(pace.turn("a", &to, soon(500)).await);
    }

    #[tokio::test]
    async fn who_got_many_messages_waits_and_nobody_else() {
        let gap = Duration::from_millis(100);
        let pair = Some(PairLimit { gap, burst: NonZeroU32::new(2).unwrap() });
        let pace = Pace::new(Pacing { pair, ..rate(1_000) });
        let (busy, other) = (number("+5511987654300"), number("+5511987654301"));
        let start = Instant::now();
        assert!(pace.turn("a", &busy, soon(500)).await && pace.turn("a", &busy, soon(500)).await);
        assert!(!pace.turn("a", &busy, soon(50)).await);
        assert!(pace.turn("a", &other, soon(50)).await);
        assert!(pace.turn("a", &busy, soon(500)).await);
        assert!(start.elapsed() >= gap, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn whose_turn_would_come_too_late_is_told_at_once() {
        let (pace, to) = (Arc::new(Pace::new(rate(10))), number("+5511987654300"));
        let until = soon(1_000);
        let all = (0..500).map(|_| {
            let (pace, to) = (Arc::clone(&pace), to.clone());
            async move { (pace.turn("a", &to, until).await, Instant::now()) }
        });
        let told = all.collect::<JoinSet<_>>().join_all().await;
        let sent = told.iter().filter(|(sent, _)| *sent).count();
        assert!((5..=11).contains(&sent), "{sent} in a second, at ten a second");
        let early = told.iter().filter(|(_, at)| *at < until).count();
        assert!(early >= 480, "only {early} of 500 knew before the second was over");
    }

    #[tokio::test]
    async fn one_callers_flood_waits_behind_itself() {
        let (pace, to) = (Arc::new(Pace::new(rate(10))), number("+5511987654300"));
        let until = soon(5_000);
        let flood = (0..500).map(|_| {
            let (pace, to) = (Arc::clone(&pace), to.clone());
            async move { pace.turn("a", &to, until).await }
        });
        let flood = flood.collect::<JoinSet<_>>();
        tokio::task::yield_now().await;
        assert!(pace.turn("b", &to, soon(1_000)).await, "b waits for two turns, and not for fifty");
        drop(flood);
    }
}
