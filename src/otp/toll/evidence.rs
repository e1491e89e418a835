//! What is known of a destination: how many challenges with text messages were verified there, each counted
//! once however many messages it took, hour by hour for a day and day by day for a fortnight.

use std::time::Duration;

use super::breaker::{self, Breaker, Stand, Witness};
use crate::otp::time::Time;

const HOUR: Duration = Duration::from_secs(3_600);

const DAY: Duration = Duration::from_secs(86_400);

/// Days that are looked back on for the best one.
const FORTNIGHT: u64 = 14;

/// Known for as long as something of it is looked back on.
pub const KEPT_FOR: Duration = Duration::from_secs((FORTNIGHT + 1) * 86_400);

/// Challenges that were verified after text messages, within one hour or day since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Which.
    pub number: u64,
    /// How many.
    pub verified: u32,
}

/// What is known of a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The last day's hours that had any, oldest first.
    pub hours: Vec<Tally>,
    /// The last fortnight's days that had any, oldest first.
    pub days: Vec<Tally>,
    /// Whether messages are let through. Only prefixes have one; nobody is a witness of a country.
    pub breaker: Breaker,
}

/// Challenges that text messages were sent for and that have ended since this was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matured {
    /// Those that were verified.
    pub verified: u32,
    /// All of them.
    pub challenges: u32,
    /// Whose they were, for the breaker of a prefix.
    pub witnesses: Vec<Witness>,
    /// Whose others were, that callers ended before anybody could tell: no witnesses, but of the few
    /// messages that a breaker lets through to see. It would wait for them for ever.
    pub early: Vec<Witness>,
}

impl Matured {
    /// Together with another.
    pub fn add(&mut self, other: Self) {
        self.verified = self.verified.saturating_add(other.verified);
        self.challenges = self.challenges.saturating_add(other.challenges);
        self.witnesses.extend(other.witnesses);
        self.early.extend(other.early);
    }
}

impl Evidence {
    /// Takes in what became of challenges; tells if the breaker opened or closed by it.
    pub fn learn(
        &mut self,
        matured: &Matured,
        rules: &breaker::Rules,
        now: Time,
    ) -> Option<breaker::Change> {
        add(&mut self.hours, now.millis() / HOUR.as_millis() as u64, matured.verified, 25);
        let day = now.millis() / DAY.as_millis() as u64;
        add(&mut self.days, day, matured.verified, FORTNIGHT + 1);
        let is_probing = matches!(self.breaker.stand(now), Stand::Probing(_));
        let early = matured.early.iter().filter(|_| is_probing);
        let witnesses: Vec<_> = matured.witnesses.iter().chain(early).copied().collect();
        self.breaker.learn(&witnesses, rules, now)
    }

    /// Challenges that were verified within the last hour. Of the hour before the present one as much is
    /// counted as lies within it, as if it had been even.
    pub fn verified_in_an_hour(&self, now: Time) -> f64 {
        within(&self.hours, HOUR, 1, now)
    }

    /// Challenges that were verified within the last day, likewise.
    pub fn verified_in_a_day(&self, now: Time) -> f64 {
        within(&self.hours, HOUR, 24, now)
    }

    /// Challenges that were verified on the best day of the last fortnight, today included.
    pub fn best_day(&self, now: Time) -> f64 {
        let today = now.millis() / DAY.as_millis() as u64;
        let recent = self.days.iter().filter(|day| day.number + FORTNIGHT > today);
        recent.map(|day| f64::from(day.verified)).fold(0.0, f64::max)
    }
}

fn add(tallies: &mut Vec<Tally>, number: u64, verified: u32, kept: u64) {
    tallies.retain(|tally| tally.number + kept > number);
    match tallies.iter_mut().find(|tally| tally.number == number) {
        Some(tally) => tally.verified = tally.verified.saturating_add(verified),
        None if verified > 0 => tallies.push(Tally { number, verified }),
        None => {}
    }
}

fn within(tallies: &[Tally], length: Duration, count: u64, now: Time) -> f64 {
    let length = length.as_millis() as u64;
    let (present, passed) = (now.millis() / length, now.millis() % length);
    let share = |tally: &Tally| match present.checked_sub(tally.number) {
        Some(age) if age < count => 1.0,
        Some(age) if age == count => 1.0 - passed as f64 / length as f64,
        _ => 0.0,
    };
    tallies.iter().map(|tally| share(tally) * f64::from(tally.verified)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::toll::Rules;

    fn rules() -> breaker::Rules {
        Rules::default().breaker
    }

    fn verified(verified: u32) -> Matured {
        Matured { verified, challenges: verified, ..Matured::default() }
    }

    fn hour(number: u64) -> Time {
        Time::from_secs(1_800_000_000 / 86_400 * 86_400 + number * 3_600)
    }

    #[test]
    fn an_hour_slides_and_a_day_too() {
        let mut known = Evidence::default();
        known.learn(&verified(60), &rules(), hour(0));
        known.learn(&verified(10), &rules(), hour(1));
        let quarter_past = hour(1) + Duration::from_secs(900);
        assert_eq!(known.verified_in_an_hour(quarter_past), 55.0);
        assert_eq!(known.verified_in_a_day(quarter_past), 70.0);
        assert_eq!(known.verified_in_a_day(hour(24) + Duration::from_secs(900)), 55.0);
        assert_eq!(known.verified_in_a_day(hour(26)), 0.0);
    }

    #[test]
    fn the_best_day_of_a_fortnight_is_remembered_for_a_fortnight() {
        let mut known = Evidence::default();
        known.learn(&verified(500), &rules(), hour(0));
        known.learn(&verified(20), &rules(), hour(24));
        assert_eq!(known.best_day(hour(24)), 500.0);
        assert_eq!(known.best_day(hour(13 * 24 + 23)), 500.0);
        assert_eq!(known.best_day(hour(14 * 24)), 20.0);
    }

    #[test]
    fn a_busy_year_takes_no_more_room_than_a_fortnight() {
        let mut known = Evidence::default();
        for number in 0..365 * 24 {
            known.learn(&verified(1), &rules(), hour(number));
        }
        assert_eq!((known.hours.len(), known.days.len()), (25, 15));
    }
}
