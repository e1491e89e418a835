//! Keeps a sender under its provider's throughput, and under what one recipient may get.
//!
//! Per process: with several replicas each gets its share of the rate by configuration. Limits that
//! protect a person or money are not here but in the store.

use std::{
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout_at},
};

use super::{Pacing, PairLimit};
use crate::otp::PhoneNumber;

/// After so many messages recipients whose limit is full again are forgotten.
const SWEEP: u32 = 4096;

/// Lets messages through one by one, so many a second, and to each recipient so many in a while.
pub struct Pace {
    rate: NonZeroU32,
    /// Who waits, in line or for a turn of the recipient's.
    waiting: AtomicUsize,
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
        let clock = DefaultClock::default();
        let quota = Quota::per_second(rate).allow_burst(burst(rate));
        Self {
            rate,
            waiting: AtomicUsize::new(0),
            limiter: RateLimiter::direct_with_clock(quota, clock.clone()),
            pairs: pacing.pair.and_then(Pairs::new),
            clock,
            line: Mutex::new(()),
        }
    }

    /// Waits until the next message to this number may go; false if that is not before `until`. Where
    /// so many are waiting already that their turns alone take longer, that is told at once. In vain
    /// it uses no turn up, but may use up one of the number's.
    pub async fn turn(&self, to: &PhoneNumber, until: Instant) -> bool {
        let waiting = Waiting::join(&self.waiting);
        // As many turns as come in time, and those that are there already.
        let in_time = until.duration_since(Instant::now()).as_secs_f64();
        let come = (f64::from(self.rate.get()) * in_time) as usize;
        let turns = come + burst(self.rate).get() as usize;
        waiting.before < turns && timeout_at(until, self.wait(to)).await.is_ok()
    }

    async fn wait(&self, to: &PhoneNumber) {
        if let Some(pairs) = &self.pairs {
            pairs.turn(to, &self.clock).await;
        }
        let _first_in_line = self.line.lock().await;
        while let Err(early) = self.limiter.check() {
            sleep(early.wait_time_from(self.clock.now())).await;
        }
    }
}

/// One who waits.
struct Waiting<'a> {
    waiting: &'a AtomicUsize,
    /// How many did before.
    before: usize,
}

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicUsize) -> Self {
        Self { waiting, before: waiting.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn burst(rate: NonZeroU32) -> NonZeroU32 {
    rate.get().div_ceil(10).try_into().unwrap_or(rate)
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
    use std::{sync::Arc, time::Duration};

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
            assert!(pace.turn(&to, soon(5_000)).await);
        }
        // Ten at once, twenty at a hundredth of a second each.
        assert!(start.elapsed() >= Duration::from_millis(199), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_slow_rate_still_lets_the_first_go_at_once() {
        let (pace, to) = (Pace::new(rate(1)), number("+5511987654300"));
        assert!(pace.turn(&to, soon(500)).await);
    }

    #[tokio::test]
    async fn who_got_many_messages_waits_and_nobody_else() {
        let gap = Duration::from_millis(100);
        let pair = Some(PairLimit { gap, burst: NonZeroU32::new(2).unwrap() });
        let pace = Pace::new(Pacing { pair, ..rate(1_000) });
        let (busy, other) = (number("+5511987654300"), number("+5511987654301"));
        let start = Instant::now();
        assert!(pace.turn(&busy, soon(500)).await && pace.turn(&busy, soon(500)).await);
        assert!(!pace.turn(&busy, soon(50)).await);
        assert!(pace.turn(&other, soon(50)).await);
        assert!(pace.turn(&busy, soon(500)).await);
        assert!(start.elapsed() >= gap, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn whose_turn_would_come_too_late_is_told_at_once() {
        let (pace, to) = (Arc::new(Pace::new(rate(10))), number("+5511987654300"));
        let until = soon(1_000);
        let all = (0..500).map(|_| {
            let (pace, to) = (Arc::clone(&pace), to.clone());
            async move { (pace.turn(&to, until).await, Instant::now()) }
        });
        let told = all.collect::<JoinSet<_>>().join_all().await;
        let sent = told.iter().filter(|(sent, _)| *sent).count();
        assert!((5..=11).contains(&sent), "{sent} in a second, at ten a second");
        let early = told.iter().filter(|(_, at)| *at < until).count();
        assert!(early >= 480, "only {early} of 500 knew before the second was over");
        assert_eq!(pace.waiting.load(Ordering::Relaxed), 0);
    }
}
