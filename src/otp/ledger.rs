//! The failure ledger: wrong guesses of one flow, across all its challenges.
//!
//! A resend, a new challenge or a restart does not clear it (NIST SP 800-63B-4 §3.2.2: a new secret
//! shall not reset the count). A verification clears the row of failures, never the day's count.

use std::time::Duration;

use super::{kinds::Purpose, policy::LedgerRules, time::Time};

/// Whose guesses are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// The calling program, empty where callers have no names.
    pub caller: String,
    /// What the codes are for.
    pub purpose: Purpose,
    /// The caller's subject, may be empty.
    pub subject: String,
}

/// What is remembered of one flow between its challenges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Which flow.
    pub key: FlowKey,
    /// Until when no new challenge may begin: the resend wait of the last message asked for.
    pub wait_until: Option<Time>,
    /// Its failures.
    pub ledger: Ledger,
}

/// Wrong guesses, by row and by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Wrong guesses since the last verification.
    pub in_a_row: u32,
    /// Until when a full row locks the flow.
    pub row_lock: Option<Time>,
    /// Times of wrong guesses within the last day, oldest first.
    pub failures: Vec<Time>,
}

/// How far back the day's count looks.
pub const DAY: Duration = Duration::from_secs(86_400);

impl Ledger {
    /// Until when the flow is locked, if it is.
    pub fn locked_until(&self, rules: &LedgerRules, now: Time) -> Option<Time> {
        let by_day = self.failures.iter().rev().nth(rules.failures_per_day as usize - 1);
        let until = self.row_lock.into_iter().chain(by_day.map(|&at| at + DAY));
        until.max().filter(|&until| until > now)
    }

    /// Wrong guesses since the last verification, as long as the last of them is not a day old.
    fn row(&self, now: Time) -> u32 {
        let recent = self.failures.last().is_some_and(|&at| now.since(at) < DAY);
        if recent { self.in_a_row } else { 0 }
    }

    /// How many more wrong guesses until a lock.
    pub fn remaining(&self, rules: &LedgerRules, now: Time) -> u32 {
        if self.locked_until(rules, now).is_some() {
            return 0;
        }
        let in_row = rules.failures_in_a_row - self.row(now) % rules.failures_in_a_row;
        let today = self.failures.iter().filter(|&&at| now.since(at) < DAY).count();
        in_row.min(rules.failures_per_day.saturating_sub(today as u32))
    }

    /// Counts a wrong guess.
    pub fn fail(&mut self, rules: &LedgerRules, now: Time) {
        self.in_a_row = self.row(now) + 1;
        self.failures.push(now);
        if self.in_a_row.is_multiple_of(rules.failures_in_a_row) {
            self.row_lock = Some(now + rules.lock);
        }
    }

    /// A verification ends the row.
    pub fn succeed(&mut self) {
        self.in_a_row = 0;
        self.row_lock = None;
    }

    /// Forgets failures that are a day old, and with the last of them the row.
    pub fn prune(&mut self, now: Time) {
        self.failures.retain(|&at| now.since(at) < DAY);
        self.row_lock = self.row_lock.filter(|&until| until > now);
        self.in_a_row = self.row(now);
    }
}

impl Flow {
    /// A flow that has done nothing yet.
    pub fn new(key: FlowKey) -> Self {
        Self { key, wait_until: None, ledger: Ledger::default() }
    }

    /// Nothing is left to remember.
    pub fn is_blank(&self, now: Time) -> bool {
        self.ledger == Ledger::default() && self.wait_until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: LedgerRules = LedgerRules {
        failures_in_a_row: 10,
        lock: Duration::from_secs(1800),
        failures_per_day: 20,
    };

    #[test]
    fn ten_in_a_row_lock_for_half_an_hour_and_twenty_for_a_day() {
        let mut ledger = Ledger::default();
        let mut now = Time::from_secs(1_000_000);
        for left in (1..=10).rev() {
            assert_eq!(ledger.remaining(&RULES, now), left);
            ledger.fail(&RULES, now);
        }
        assert_eq!(ledger.remaining(&RULES, now), 0);
        assert_eq!(ledger.locked_until(&RULES, now), Some(now + RULES.lock));

        let first_failure = now;
        now = now + RULES.lock;
        assert_eq!(ledger.remaining(&RULES, now), 10);
        for _ in 0..10 {
            ledger.fail(&RULES, now);
        }
        assert_eq!(ledger.locked_until(&RULES, now), Some(first_failure + DAY));
    }

    #[test]
    fn a_verification_clears_the_row_and_not_the_day() {
        let mut ledger = Ledger::default();
        let now = Time::from_secs(1_000_000);
        for _ in 0..19 {
            ledger.fail(&RULES, now);
            ledger.succeed();
        }
        assert_eq!(ledger.remaining(&RULES, now), 1);
        ledger.fail(&RULES, now);
        ledger.succeed();
        assert_eq!(ledger.locked_until(&RULES, now), Some(now + DAY));
    }
}
