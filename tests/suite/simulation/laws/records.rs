//! What a commit may make of a record.

use std::time::Duration;

use pombo::otp::{
    Challenge, Conclusion, Delivery, Recipient, State, Time,
    ledger::{DAY, Flow},
};

use super::{Law, Law::*};
use crate::simulation::{town::Town, witness::Written};

/// Concluded challenges that a record holds at most.
const KEPT: usize = 64;

impl Town {
    /// Looks at what a commit did to a record.
    pub fn judge_commit(&self, written: &Written) {
        let Written { before, after, .. } = written;
        self.judge_conclusions(after);
        for old in &before.challenges {
            match after.challenges.iter().find(|it| it.id == old.id) {
                Some(new) => self.judge_challenge(old, new),
                None => self.judge_forgetting(old, after),
            }
        }
        before.flows.iter().for_each(|flow| self.judge_flow(flow, before, after));
        self.judge_messages(before, after);
        self.judge_bounds(written);
        self.note_texts(written);
        self.judge_alarm(written);
    }

    fn require(&self, law: Law, holds: bool, what: impl FnOnce() -> String) {
        self.court.require(law, holds, what);
    }

    fn judge_challenge(&self, old: &Challenge, new: &Challenge) {
        let final_is_final = old.conclusion.is_none() || old.conclusion == new.conclusion;
        self.require(Finality, final_is_final, || format!("{old:?} became {new:?}"));
        let counted = new.attempts_used.checked_sub(old.attempts_used);
        let one_at_most = matches!(counted, Some(0 | 1)) && new.attempts_used <= new.max_attempts;
        self.require(Attempts, one_at_most, || {
            format!("{} attempts became {}", old.attempts_used, new.attempts_used)
        });
        for old in &old.deliveries {
            let new = new.delivery(old.number);
            self.require(Forward, new.is_some_and(|new| is_forward(old, new)), || {
                format!("{old:?} became {new:?}")
            });
        }
    }

    /// Only what is concluded and old, or more than a record holds, is forgotten.
    fn judge_forgetting(&self, old: &Challenge, after: &Recipient) {
        let concluded = after.challenges.iter().filter(|it| !it.is_live()).count();
        let age = old.conclusion.map(|it| after.changed_at.since(it.at));
        let may_go = age.is_some_and(|age| age >= self.rules.retention || concluded >= KEPT);
        self.require(Conservation, may_go, || format!("{old:?} is gone"));
    }

    fn judge_conclusions(&self, after: &Recipient) {
        for challenge in &after.challenges {
            let twins = after.challenges.iter().filter(|it| it.id == challenge.id).count();
            self.require(Conservation, twins == 1, || format!("{twins} of {challenge:?}"));
            let fits = match challenge.conclusion {
                Some(Conclusion { state: State::Exhausted, .. }) => challenge.attempts_left() == 0,
                Some(Conclusion { state: State::Verified, used, .. }) => used.is_some(),
                Some(_) => true,
                None => challenge.attempts_left() > 0,
            };
            self.require(Attempts, fits, || format!("{challenge:?}"));
        }
    }

    /// Failures are forgotten when they are a day old, and a row ends with a verification or a day.
    fn judge_flow(&self, old: &Flow, before: &Recipient, after: &Recipient) {
        let now = after.changed_at;
        let new = after.flows.iter().find(|flow| flow.key == old.key);
        let failures = |flow: Option<&Flow>| -> Vec<Time> {
            let times = flow.into_iter().flat_map(|flow| &flow.ledger.failures).copied();
            times.filter(|&at| now.since(at) < DAY).collect()
        };
        let (kept, held) = (failures(new), failures(Some(old)));
        self.require(Memory, kept.starts_with(&held), || format!("{old:?} became {new:?}"));
        let verified = |record: &Recipient| {
            let ours = record.challenges.iter().filter(|it| it.flow == old.key);
            ours.filter(|it| it.state() == State::Verified).count()
        };
        let row = new.map_or(0, |flow| flow.ledger.in_a_row);
        let may_end = verified(after) > verified(before) || held.is_empty();
        self.require(Memory, row >= old.ledger.in_a_row || may_end, || {
            format!("{old:?} became {new:?}")
        });
    }

    fn judge_messages(&self, before: &Recipient, after: &Recipient) {
        let longest = self.rules.recipient.iter().map(|window| window.length).max();
        let recent = |record: &Recipient| -> Vec<_> {
            let now = after.changed_at;
            let counts = |at| now.since(at) < longest.unwrap_or(Duration::ZERO);
            record.messages.0.iter().copied().filter(|it| counts(it.at)).collect()
        };
        let (old, new) = (recent(before), recent(after));
        self.require(Memory, new.starts_with(&old), || format!("{old:?} became {new:?}"));
    }

    /// The alarm is what the record asks for.
    fn judge_alarm(&self, written: &Written) {
        let wanted = written.after.alarm(&self.rules);
        let all = self.memory.alarms();
        let set: Vec<_> = all.into_iter().filter(|(_, key)| *key == written.key).collect();
        let right = set.iter().map(|(at, _)| *at).eq(wanted);
        self.require(OneAlarm, right, || format!("{set:?} where {wanted:?} is due"));
    }
}

fn is_forward(old: &Delivery, new: &Delivery) -> bool {
    let ids = old.messages.iter().all(|id| new.messages.contains(id));
    new.status >= old.status && (new.taken_over || !old.taken_over) && ids
}
