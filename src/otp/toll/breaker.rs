//! The breaker of a prefix: where hardly anybody gives a code back, no more text messages go. After a
//! rest a few are let through, and what becomes of them decides.

use std::{num::NonZeroU32, time::Duration};

use super::evidence::Matured;
use crate::otp::time::Time;

/// A closed breaker judges by what ended within this time,
const WINDOW: Duration = Duration::from_secs(86_400);

/// and of that by the last few, up to so many times as many as it needs: a good year shall not hold it
/// closed for a bad hour.
const REACH: u32 = 4;

/// The longest rest.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The standard normal deviate that 95 of 100 lie below.
const Z: f64 = 1.645;

/// When it opens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The share of challenges that are verified, below which it opens.
    pub completion: f64,
    /// Challenges that must have ended before anything is judged, and how many are let through after a
    /// rest.
    pub matured: NonZeroU32,
    /// The first rest. Each that follows is twice as long, up to a day.
    pub rest: Duration,
}

/// What it lets through now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Everything.
    Closed,
    /// As many as have to end before it is judged, within this time.
    Probing(Duration),
    /// Nothing, until then.
    Open(Time),
}

/// The breaker of a prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Until when nothing is let through; after that, what ends is judged by itself.
    pub rests_until: Option<Time>,
    /// How long that rest was.
    pub rest: Duration,
    /// Since when challenges are counted.
    pub since: Time,
    /// Challenges that were verified,
    pub verified: u32,
    /// of all these.
    pub challenges: u32,
}

impl Breaker {
    /// What it lets through.
    pub fn stand(&self, now: Time) -> Stand {
        match self.rests_until {
            None => Stand::Closed,
            Some(until) if now < until => Stand::Open(until),
            Some(_) => Stand::Probing(self.rest),
        }
    }

    /// Takes in what became of challenges, and opens or closes by it.
    pub(super) fn learn(&mut self, matured: Matured, rules: &Rules, now: Time) {
        let stand = self.stand(now);
        if matches!(stand, Stand::Open(_)) {
            // Of messages from before it opened.
            return;
        }
        if stand == Stand::Closed && now.since(self.since) >= WINDOW {
            self.count_from(now);
        }
        self.verified = self.verified.saturating_add(matured.verified);
        self.challenges = self.challenges.saturating_add(matured.challenges);
        if self.challenges < rules.matured.get() {
            return;
        }
        while self.challenges > REACH.saturating_mul(rules.matured.get()) {
            (self.verified, self.challenges) = (self.verified / 2, self.challenges / 2);
        }
        let is_poor = upper_bound(self.verified, self.challenges) < rules.completion;
        match (stand, is_poor) {
            (Stand::Closed, false) => {}
            (_, true) => self.open(rules, now),
            (_, false) => {
                *self = Self::default();
                self.count_from(now);
            }
        }
    }

    fn open(&mut self, rules: &Rules, now: Time) {
        self.rest = match self.rests_until {
            None => rules.rest,
            Some(_) => (self.rest * 2).min(LONGEST).max(rules.rest),
        };
        self.rests_until = Some(now + self.rest);
        self.count_from(now);
    }

    fn count_from(&mut self, now: Time) {
        (self.since, self.verified, self.challenges) = (now, 0, 0);
    }
}

/// The share that the true one lies below with 95 % confidence: the upper end of Wilson's score
/// interval, which holds for few and for none as well.
fn upper_bound(verified: u32, challenges: u32) -> f64 {
    let (n, share) = (f64::from(challenges), f64::from(verified) / f64::from(challenges));
    let spread = (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    (share + Z * Z / (2.0 * n) + Z * spread) / (1.0 + Z * Z / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        completion: 0.35,
        matured: NonZeroU32::new(20).unwrap(),
        rest: Duration::from_secs(15 * 60),
    };

    const START: Time = Time::from_secs(1_800_000_000);

    fn at(minute: u64) -> Time {
        START + Duration::from_secs(minute * 60)
    }

    /// As many challenges end, of which so many were verified.
    fn end(breaker: &mut Breaker, challenges: u32, verified: u32, now: Time) -> Stand {
        for number in 0..challenges {
            let verified = u32::from(number < verified);
            breaker.learn(Matured { verified, challenges: 1 }, &RULES, now);
        }
        breaker.stand(now)
    }

    #[test]
    fn the_bound_is_wilsons() {
        for (verified, challenges, bound) in [(0, 20, 0.119), (3, 20, 0.322), (4, 20, 0.378)] {
            let found = upper_bound(verified, challenges);
            assert!((found - bound).abs() < 0.001, "{verified} of {challenges}: {found}");
        }
    }

    #[test]
    fn it_opens_where_hardly_anybody_gives_a_code_back_and_not_before_enough_have_ended() {
        let mut breaker = Breaker::default();
        assert_eq!(end(&mut breaker, 19, 0, at(0)), Stand::Closed);
        assert_eq!(end(&mut breaker, 1, 0, at(0)), Stand::Open(at(15)));
        let mut honest = Breaker::default();
        assert_eq!(end(&mut honest, 100, 40, at(0)), Stand::Closed);
    }

    #[test]
    fn each_rest_is_twice_as_long_up_to_a_day() {
        let mut breaker = Breaker::default();
        end(&mut breaker, 20, 0, at(0));
        let mut now = at(15);
        for minutes in [30, 60, 120, 240, 480, 960, 1440, 1440] {
            assert!(matches!(breaker.stand(now), Stand::Probing(_)));
            let rest = Duration::from_secs(minutes * 60);
            assert_eq!(end(&mut breaker, 20, 1, now), Stand::Open(now + rest));
            now = now + rest;
        }
    }

    #[test]
    fn people_who_come_back_close_it() {
        let mut breaker = Breaker::default();
        end(&mut breaker, 20, 0, at(0));
        // What was under way when it opened says nothing of what came after its rest.
        assert_eq!(end(&mut breaker, 50, 50, at(14)), Stand::Open(at(15)));
        assert_eq!(end(&mut breaker, 20, 12, at(20)), Stand::Closed);
        assert_eq!(breaker.rest, Duration::ZERO, "and the next rest is a first one");
    }

    #[test]
    fn a_good_year_does_not_hold_it_closed_for_a_bad_hour() {
        let mut breaker = Breaker::default();
        (0..10_000).for_each(|_| assert_eq!(end(&mut breaker, 5, 4, at(0)), Stand::Closed));
        assert!(matches!(end(&mut breaker, 150, 0, at(30)), Stand::Open(_)));
    }

    #[test]
    fn a_bad_day_is_forgotten_the_next() {
        let mut breaker = Breaker::default();
        end(&mut breaker, 19, 0, at(0));
        assert_eq!(end(&mut breaker, 19, 0, at(24 * 60)), Stand::Closed);
    }
}
