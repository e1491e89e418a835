//! The breaker of a prefix: where hardly anybody gives a code back, no more text messages go. After a
//! rest a few are let through, and what becomes of them decides.
//!
//! It counts recipients, not challenges: whoever has two numbers is two witnesses, however often they
//! fall silent and however often they verify. Of one who did both it is the verification that counts: a
//! code that came late or was asked for again is no fraud.

use std::{num::NonZeroU32, time::Duration};

use crate::otp::time::Time;

/// A closed breaker judges by what ended within this time,
const WINDOW: Duration = Duration::from_secs(86_400);

/// and of that by the last recipients, so many times as many as it needs: a good year shall not hold it
/// closed for a bad hour.
const REACH: usize = 4;

/// The longest rest that comes of doubling. After it people are asked again, whoever keeps it open.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// The standard normal deviate that 95 of 100 lie below.
const Z: f64 = 1.645;

/// When it opens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The share of recipients that verify, below which it opens.
    pub completion: f64,
    /// Recipients whose challenges must have ended before anything is judged, and how many messages are
    /// let through after a rest.
    pub matured: NonZeroU32,
    /// The first rest. Each that follows is twice as long, up to two hours if that is longer.
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

/// That it opened, or closed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it lets through from now on.
    pub to: Stand,
    /// Recipients that it was judged by,
    pub recipients: usize,
    /// and how many of them verified.
    pub verified: usize,
}

/// A recipient whose challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Part of a keyed hash of the number: tells it from others of its prefix, and nothing of it.
    pub tag: u32,
    /// Whether a challenge of it was verified.
    pub verified: bool,
}

/// The breaker of a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Until when nothing is let through; after that, what ends is judged by itself.
    pub rests_until: Option<Time>,
    /// How long that rest was.
    pub rest: Duration,
    /// Since when recipients are counted.
    pub since: Time,
    /// The last ones, each once, in the order in which they were first heard.
    pub witnesses: Vec<Witness>,
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

    /// Takes in whose challenges ended and how; tells if it opened or closed by it.
    pub(super) fn learn(&mut self, heard: &[Witness], rules: &Rules, now: Time) -> Option<Change> {
        let stand = self.stand(now);
        if stand == Stand::Closed && now.since(self.since) >= WINDOW {
            self.count_from(now);
        }
        if heard.is_empty() || matches!(stand, Stand::Open(_)) {
            // Of messages from before it opened.
            return None;
        }
        heard.iter().for_each(|witness| self.hear(*witness));
        let matured = rules.matured.get() as usize;
        let too_many = self.witnesses.len().saturating_sub(matured.saturating_mul(REACH));
        self.witnesses.drain(..too_many);
        if self.witnesses.len() < matured {
            return None;
        }
        self.judge(stand, rules, now)
    }

    /// Opens or closes by those that were heard.
    fn judge(&mut self, stand: Stand, rules: &Rules, now: Time) -> Option<Change> {
        let recipients = self.witnesses.len();
        let verified = self.witnesses.iter().filter(|witness| witness.verified).count();
        let is_poor = upper_bound(verified as f64, recipients as f64) < rules.completion;
        match (stand, is_poor) {
            (Stand::Closed, false) => return None,
            (_, true) => self.open(rules, now),
            (_, false) => self.close(now),
        }
        Some(Change { to: self.stand(now), recipients, verified })
    }

    fn hear(&mut self, heard: Witness) {
        match self.witnesses.iter_mut().find(|known| known.tag == heard.tag) {
            Some(known) => known.verified |= heard.verified,
            None => self.witnesses.push(heard),
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

    fn close(&mut self, now: Time) {
        *self = Self::default();
        self.count_from(now);
    }

    fn count_from(&mut self, now: Time) {
        self.since = now;
        self.witnesses.clear();
    }
}

/// The share that the true one lies below with 95 % confidence: the upper end of Wilson's score
/// interval, which holds for few and for none as well.
fn upper_bound(verified: f64, n: f64) -> f64 {
    let share = verified / n;
    let spread = (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    (share + Z * Z / (2.0 * n) + Z * spread) / (1.0 + Z * Z / n)
}

#[cfg(test)]
mod tests;
