//! What a record forgets: what nobody may ask for any more, and what would pile up.

use super::{Answered, replay::REPLAY, turn::Turn};
use crate::otp::{challenge::Challenge, policy::Rules, time::Time};

/// Most live challenges, and most concluded ones, that a record holds. The limits of a recipient
/// keep far below it; it bounds what test numbers and generous configurations can pile up.
pub(super) const MAX_CHALLENGES: usize = 64;

/// Most answers that a record holds for retries. Messages and guesses are limited and keep far
/// below it; it bounds what calls that cost nothing can pile up.
pub(super) const MAX_ANSWERS: usize = 256;

/// Most flows that a record remembers. A flow begins with a message, so the limits of a recipient
/// keep far below it, too; the oldest flows of test numbers make room.
const MAX_FLOWS: usize = 256;

impl Turn<'_> {
    /// Forgets what nobody may ask for any more.
    pub(super) fn prune(&mut self) {
        let (now, rules, next) = (self.now, self.rules, &mut self.next);
        next.messages.prune(&rules.recipient, now);
        next.operations.retain(|answered| now.since(answered.at) < REPLAY);
        while next.operations.len() > MAX_ANSWERS {
            let mut answers = next.operations.iter();
            let cheapest = answers.position(Answered::cost_nothing);
            next.operations.remove(cheapest.unwrap_or(0));
        }
        next.flows.iter_mut().for_each(|flow| flow.ledger.prune(now));
        next.flows.retain(|flow| !flow.is_blank(now));
        let surplus = next.flows.len().saturating_sub(MAX_FLOWS);
        next.flows.drain(..surplus);
        next.challenges.retain(|challenge| is_kept(challenge, rules, now));
        let concluded = next.challenges.iter().filter(|challenge| !challenge.is_live()).count();
        let mut surplus = concluded.saturating_sub(MAX_CHALLENGES);
        next.challenges.retain(|challenge| {
            let drop = surplus > 0 && !challenge.is_live();
            surplus -= usize::from(drop);
            !drop
        });
    }
}

/// A concluded challenge can be asked for as long as the retention says.
pub(super) fn is_kept(challenge: &Challenge, rules: &Rules, now: Time) -> bool {
    let concluded = challenge.conclusion.as_ref();
    concluded.is_none_or(|conclusion| now.since(conclusion.at) < rules.retention)
}
