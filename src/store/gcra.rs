//! The generic cell rate algorithm in whole numbers. `redis/charge.lua` does the same sums.
//!
//! `count` per `length` is a bucket of `count × length` drops, length in milliseconds, that leaks
//! `count` drops a millisecond; a charge pours `length` drops into it for each of its cost. So there are
//! no fractions, and a wait that is told is exact to the millisecond. A drop is the same whatever the
//! count, so the count may change while there is something in the bucket.

use std::time::Duration;

use super::{Charge, bounds::life_ms};
use crate::otp::Time;

/// Most drops of a bucket: up to here Lua's numbers are exact. A hundred million a day fit.
const MOST_DROPS: u64 = 1 << 53;

/// How fast a bucket leaks, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Rate {
    pub(super) count: u64,
    pub(super) length_ms: u64,
}

/// How full a bucket was at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    at: Time,
    drops: u64,
}

impl Rate {
    /// At least 1 in at least 1 ms; a window with more drops than can be told apart is shortened.
    fn new(count: u32, length: Duration) -> Self {
        let count = u64::from(count.max(1));
        Self { count, length_ms: life_ms(length).min(MOST_DROPS / count) }
    }

    /// The windows of a charge.
    pub(super) fn all(charge: &Charge) -> Vec<Self> {
        charge.windows.iter().map(|&(count, length)| Self::new(count, length)).collect()
    }

    /// Whether it is of the same window, whatever its count.
    pub(super) fn is_of(self, other: Self) -> bool {
        self.length_ms == other.length_ms
    }

    /// A bucket as it is now. A clock that went back is taken to stand still.
    fn leak(self, level: Level, now: Time) -> Level {
        let passed_ms = now.since(level.at).as_millis() as u64;
        let leaked = passed_ms.saturating_mul(self.count);
        Level { at: now.max(level.at), drops: level.drops.saturating_sub(leaked) }
    }

    /// A charge of this cost more, or how long until there is room for it. What a larger count let in and
    /// this one would not is poured away, for good: the bucket is full, and whoever comes waits no longer than
    /// that. (So whoever lowers a count and raises it again has emptied the bucket by the difference; as
    /// replicas do that are told different counts, until all are told the same.)
    pub(super) fn pour(self, level: Level, cost: u32, now: Time) -> Result<Level, Duration> {
        let most = self.count * self.length_ms;
        let level = self.leak(Level { drops: level.drops.min(most), ..level }, now);
        let drops = level.drops + self.drops(cost);
        let over = drops.saturating_sub(most);
        match over.div_ceil(self.count) {
            0 => Ok(Level { drops, ..level }),
            wait_ms => Err(Duration::from_millis(wait_ms)),
        }
    }

    /// Without a charge of this cost; `charged` is how full the bucket was with it. What was poured first leaks
    /// first, so it has all its drops while something is left of those below: in a busy bucket whoever gives
    /// back is as if never charged, and in a quiet one nobody makes room by what has leaked away long ago.
    ///
    /// (Drops below that were given back themselves, or poured away, are taken to leak still. So there may be
    /// room for one charge more for each that was given back, and never for more than that.)
    pub(super) fn give_back(self, level: Level, charged: Level, cost: u32, now: Time) -> Level {
        let level = self.leak(level, now);
        let left = self.leak(charged, now).drops.min(self.drops(cost));
        Level { drops: level.drops.saturating_sub(left), ..level }
    }

    fn drops(self, cost: u32) -> u64 {
        self.length_ms.saturating_mul(u64::from(cost)).min(MOST_DROPS)
    }

    /// When the bucket will be empty, and so no more than a bucket that was never used.
    pub(super) fn empty_at(self, level: Level) -> Time {
        level.at + Duration::from_millis(level.drops.div_ceil(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN_A_SECOND: (u32, Duration) = (7, Duration::from_secs(1));

    fn ms(millis: u64) -> Time {
        Time::from_millis(1_790_000_000_000 + millis)
    }

    fn full(rate: Rate, now: Time) -> Level {
        (0..rate.count).fold(Level::default(), |level, _| rate.pour(level, 1, now).unwrap())
    }

    #[test]
    fn a_wait_is_exact_also_where_the_rate_is_no_whole_number() {
        let rate = Rate::new(SEVEN_A_SECOND.0, SEVEN_A_SECOND.1);
        let level = full(rate, ms(0));
        let wait = rate.pour(level, 1, ms(0)).unwrap_err();
        assert_eq!(wait, Duration::from_millis(143));
        assert_eq!(rate.pour(level, 1, ms(142)).unwrap_err(), Duration::from_millis(1));
        assert!(rate.pour(level, 1, ms(143)).is_ok());
    }

    #[test]
    fn over_a_long_time_exactly_the_rate_goes_through() {
        let rate = Rate::new(SEVEN_A_SECOND.0, SEVEN_A_SECOND.1);
        let mut level = Level::default();
        let mut through = 0;
        for millis in 0..10_000 {
            while let Ok(next) = rate.pour(level, 1, ms(millis)) {
                level = next;
                through += 1;
            }
        }
        // The burst, and then seven for each second that has passed.
        assert_eq!(through, 7 + 69);
    }

    #[test]
    fn giving_back_late_makes_no_more_room_than_not_having_charged() {
        let rate = Rate::new(2, Duration::from_millis(100));
        let charged = rate.pour(Level::default(), 1, ms(0)).unwrap();
        let at_once = rate.give_back(charged, charged, 1, ms(0));
        assert_eq!(at_once.drops, 0);
        let later = rate.pour(charged, 1, ms(60)).unwrap();
        assert_eq!(rate.give_back(later, charged, 1, ms(60)).drops, 100);
    }

    #[test]
    fn what_is_given_back_late_takes_no_room_however_many_come() {
        // Ten times as many as leak, each given back after as long as twenty take to leak.
        let rate = Rate::new(600, Duration::from_secs(3_600));
        let (mut level, mut given) = (Level::default(), Vec::new());
        for second in (0..86_400).step_by(6) {
            for part in 0..10 {
                let now = ms(second * 1_000 + part * 600);
                level = rate.pour(level, 1, now).expect("room for whoever gives back");
                given.push((now + Duration::from_secs(120), level));
                while let Some((_, charged)) = given.first().filter(|(at, _)| *at <= now) {
                    level = rate.give_back(level, *charged, 1, now);
                    given.remove(0);
                }
            }
        }
    }

    #[test]
    fn a_bucket_that_a_larger_count_filled_is_full_and_no_fuller() {
        let rate = |count| Rate::new(count, Duration::from_secs(60));
        let (large, small) = (rate(600), rate(6));
        let wait = small.pour(full(large, ms(0)), 1, ms(0)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(10));
        let level = small.pour(full(large, ms(0)), 1, ms(10_000)).unwrap();
        assert_eq!(small.pour(level, 1, ms(10_000)).unwrap_err(), Duration::from_secs(10));
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
        let rate = Rate::new(1, Duration::from_millis(100));
        let level = rate.pour(Level::default(), 1, ms(1000)).unwrap();
        assert_eq!(rate.pour(level, 1, ms(0)).unwrap_err(), Duration::from_millis(100));
    }

    #[test]
    fn absurd_windows_are_survived() {
        for (count, length) in [(0, Duration::ZERO), (u32::MAX, Duration::MAX)] {
            let rate = Rate::new(count, length);
            let level = rate.pour(Level::default(), 1, ms(0)).unwrap();
            assert!(rate.empty_at(level) > ms(0));
        }
    }
}
