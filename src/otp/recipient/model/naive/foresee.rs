//! What a call must be told, by all that happened before it.

use super::{Naive, Step, find};
use crate::otp::{
    event::{Answer, Event, Guessed, Limit, Refusal},
    kinds::VerifyOutcome,
    recipient::model::tally::Tally,
};

impl Naive {
    /// The first answer again, or a refusal if the key now stands for something else.
    pub(super) fn judge_repeat(&self, step: &Step, tally: &mut Tally) {
        let Some(operation) = step.call.event.operation() else {
            return;
        };
        let Some((known, _, first)) = self.heard(operation, step.now) else {
            return;
        };
        let told = &step.transition.answer;
        if known.tag != operation.tag {
            assert_eq!(*told, Answer::Refused(Refusal::KeyReused));
            return;
        }
        tally.raise("repeat answered alike".into());
        match (first, told) {
            (Answer::Guessed(first), Answer::Guessed(again)) => {
                let said = |it: &Guessed| (it.outcome, it.attempts_left, it.resend_at);
                assert_eq!(said(first), said(again));
                assert!(again.replayed && again.number.is_none());
            }
            _ => assert_eq!(first, told),
        }
    }

    /// Asking while locked is refused until the lock ends, and only then.
    pub(super) fn judge_locks(&self, step: &Step) {
        let Event::Issue(issue) = &step.call.event else {
            return;
        };
        if self.heard(&issue.operation, step.now).is_some() {
            return;
        }
        // Of several limits the one that holds longest is told.
        let locked = self.locked_until(step.rules, &issue.flow, step.now);
        match step.transition.answer {
            Answer::Refused(Refusal::Limited { limit: Limit::Locked, wait }) => {
                assert_eq!(Some(step.now + wait), locked);
            }
            Answer::Refused(Refusal::Limited { wait, .. }) => {
                assert!(locked <= Some(step.now + wait));
            }
            _ => assert_eq!(locked, None),
        }
    }

    /// What a guess must be told, in the order that the contract promises; `None` where the call is
    /// at fault or was answered before.
    pub(super) fn foresee(&self, step: &Step) -> Option<VerifyOutcome> {
        let Event::Guess { operation, caller, challenge, subject, purpose, transaction } =
            &step.call.event
        else {
            return None;
        };
        let ours = self.case(challenge).filter(|case| {
            !case.forgotten
                && case.flow.caller == *caller
                && subject.as_ref().is_none_or(|it| *it == case.flow.subject)
                && purpose.is_none_or(|it| it == case.flow.purpose)
        });
        let Some(case) = ours else {
            return Some(VerifyOutcome::UnknownChallenge);
        };
        if self.heard(operation, step.now).is_some() {
            return None;
        }
        let expires_at = find(step.before, challenge).map(|it| it.expires_at);
        if let Some(conclusion) = case.conclusion {
            return VerifyOutcome::of_concluded(conclusion.state);
        }
        if expires_at.is_some_and(|time| time <= step.now) {
            return Some(VerifyOutcome::Expired);
        }
        if self.locked_until(step.rules, &case.flow, step.now).is_some() {
            return Some(VerifyOutcome::Locked);
        }
        if transaction.is_some() != case.transaction.is_some() {
            return None;
        }
        if *transaction != case.transaction {
            return Some(VerifyOutcome::TransactionMismatch);
        }
        let right = case.codes.iter().any(|(_, code)| Some(code) == step.call.guess.as_ref());
        Some(if right { VerifyOutcome::Verified } else { VerifyOutcome::WrongCode })
    }
}
