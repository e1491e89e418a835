//! What must be so at any moment, and in the end.

use std::time::Duration;

use pombo::store::Store;

use super::Law::*;
use crate::simulation::{town::Town, witness::Seen};

/// A claimed alarm is put back by so much.
const LEASE: Duration = Duration::from_secs(5);

/// What is due is done within a lease and a scan, and what the calls take.
const GRACE: Duration = Duration::from_millis(7_300);

impl Town {
    /// Looks at everything as it is now.
    pub fn judge_now(&self) {
        self.judge_charges();
        let (seen, now, alarms) = (self.witness().seen(), self.now(), self.memory.alarms());
        for (key, record) in &seen.records {
            let set: Vec<_> = alarms.iter().filter(|(_, whose)| whose == key).collect();
            let due = record.alarm(&self.rules);
            let latest = due.map(|due| due.max(now) + LEASE);
            let right = set.len() == usize::from(due.is_some())
                && set.iter().all(|(at, _)| Some(*at) <= latest);
            self.court.require(OneAlarm, right, || format!("{set:?} where {due:?} is due"));
            let late = due.map_or(Duration::ZERO, |due| now.since(due));
            let punctual = late < GRACE || self.calm() < GRACE;
            self.court.require(Punctual, punctual, || format!("{late:?} late: {record:?}"));
        }
    }

    /// Looks at everything once all is over: every challenge ended, and was counted once.
    pub async fn judge_end(&self) {
        let (live, counters) = {
            let seen = self.witness().seen();
            self.judge_sums(&seen);
            (seen.challenges.values().filter(|end| end.is_none()).count(), seen.counters.clone())
        };
        self.court.require(Conservation, live == 0, || format!("{live} never ended"));
        self.judge_leftovers();
        for (name, sum) in counters {
            let shown = self.memory.counter(&name).await.unwrap();
            self.court.require(Conservation, shown == sum, || format!("{name}: {shown} for {sum}"));
        }
        let live = self.memory.counter("live").await.unwrap();
        self.court.require(Conservation, live == 0, || format!("{live} live by the counter"));
    }

    fn judge_sums(&self, seen: &Seen) {
        let sum = |wanted: &dyn Fn(&[&str]) -> bool| -> i64 {
            let parts = |name: &str| wanted(&name.split('|').collect::<Vec<_>>());
            seen.counters.iter().filter(|(name, _)| parts(name)).map(|(_, sum)| sum).sum()
        };
        let issued = sum(&|parts| parts[0] == "issued");
        let all = seen.challenges.len() as i64;
        self.court.require(Conservation, issued == all, || format!("{issued} issued, {all} there"));
        for state in pombo::otp::State::ALL {
            let counted = sum(&|parts| parts[0] == "concluded" && parts[5] == state.as_str());
            let ended = seen.challenges.values().flatten().filter(|(end, _)| end == state);
            let ended = ended.count() as i64;
            self.court.require(Conservation, counted == ended, || {
                format!("{counted} counted as {}, {ended} are", state.as_str())
            });
        }
        self.judge_stories(seen);
    }

    /// What callers saw is what happened.
    fn judge_stories(&self, seen: &Seen) {
        let book = self.book();
        for case in &book.cases {
            let known = seen.challenges.contains_key(&case.challenge);
            self.court.require(Conservation, known, || format!("{case:?} is nowhere"));
        }
        for (challenge, guesses) in book.guesses.iter().filter(|(_, it)| it.verified > 0) {
            let end = seen.challenges.get(challenge).copied().flatten();
            let verified = end.is_some_and(|(state, _)| state == pombo::otp::State::Verified);
            self.court.require(Conservation, verified, || {
                format!("{challenge} {guesses:?}, and ended {end:?}")
            });
        }
    }
}
