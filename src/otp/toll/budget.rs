//! How many text messages that nobody verified a destination may have: a floor that every one has,
//! or a share of what was verified there, whichever is more.
//!
//! A bill grows only as far as honest traffic of the same place does, and a place that never had any
//! gets the floor. The shares are those that Authgear publishes and uses.

use std::{num::NonZeroU32, time::Duration};

use super::evidence::Evidence;
use crate::otp::{limits::Window, time::Time};

/// Of the messages verified in the last day, and of those of the fortnight's best day.
const SHARE_OF_A_DAY: f64 = 0.3;

/// Of the messages verified in the last hour, and of a sixth of those of the fortnight's best day:
/// most of a day's traffic comes in some six hours.
const SHARE_OF_AN_HOUR: f64 = 0.2;

const BUSY_HOURS: f64 = 6.0;

/// What every destination may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In an hour.
    pub hour: NonZeroU32,
    /// In a day.
    pub day: NonZeroU32,
}

impl Budget {
    /// The windows of messages that nobody verified, for a destination of which this is known.
    pub fn windows(&self, known: &Evidence, now: Time) -> [Window; 2] {
        let best = known.best_day(now);
        let hour = (best / BUSY_HOURS).max(known.verified_in_an_hour(now)) * SHARE_OF_AN_HOUR;
        let day = best.max(known.verified_in_a_day(now)) * SHARE_OF_A_DAY;
        let window = |floor: NonZeroU32, share: f64, seconds| Window {
            // A share above 4 billion messages is as good as that many.
            count: NonZeroU32::new(share as u32).map_or(floor, |share| share.max(floor)),
            length: Duration::from_secs(seconds),
        };
        [window(self.hour, hour, 3_600), window(self.day, day, 86_400)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::toll::{Rules, evidence::Matured};

    const NOW: Time = Time::from_secs(1_800_000_000 / 86_400 * 86_400);

    fn counts(known: &Evidence, now: Time) -> [u32; 2] {
        let floor = |count| NonZeroU32::new(count).unwrap();
        let budget = Budget { hour: floor(3), day: floor(20) };
        budget.windows(known, now).map(|window| window.count.get())
    }

    #[test]
    fn a_place_that_nobody_knows_has_the_floor() {
        assert_eq!(counts(&Evidence::default(), NOW), [3, 20]);
    }

    #[test]
    fn a_budget_is_a_share_of_what_was_verified() {
        let mut known = Evidence::default();
        let matured = Matured { verified: 3_000, challenges: 3_000, ..Matured::default() };
        known.learn(&matured, &Rules::default().breaker, NOW);
        assert_eq!(counts(&known, NOW), [600, 900]);
        // The next day it is a share of the best day.
        let later = NOW + Duration::from_secs(2 * 86_400);
        assert_eq!(counts(&known, later), [100, 900]);
        assert_eq!(counts(&known, later + Duration::from_secs(13 * 86_400)), [3, 20]);
    }
}
