//! What can be seen of one event by asking the machine again.

use super::{Call, World};
use crate::otp::{
    event::{Answer, Event, Limit, Refusal},
    id::ChallengeId,
    kinds::VerifyOutcome,
    recipient::{Recipient, model::naive::alike},
    time::Time,
};

impl World {
    /// Who is refused, ignored or told what is so already changes nothing.
    pub(super) fn check_quiet(&self, call: &Call, answer: &Answer, after: &Recipient) {
        let silent = match answer {
            Answer::Refused(_) | Answer::Ignored => true,
            Answer::Guessed(guessed) => {
                use VerifyOutcome::{TransactionMismatch, Verified, WrongCode};
                let counted = matches!(guessed.outcome, Verified | WrongCode | TransactionMismatch);
                guessed.replayed || !counted
            }
            _ => false,
        };
        if silent {
            let look = Event::Look { caller: String::new(), challenge: ChallengeId([255; 32]) };
            let (quiet, _) = self.apply(&self.record, &look.into(), self.clock);
            let quiet = quiet.next.as_ref().unwrap_or(&self.record);
            assert_eq!(after, quiet, "{answer:?} to {call:?} changed the record");
        }
    }

    /// A commit that is thought lost and was not: the same event meets its own result.
    pub(super) fn check_again(&self, call: &Call, answer: &Answer, after: &Recipient) {
        let (again, _) = self.apply(after, call, self.clock);
        assert_eq!(again.next, None, "{call:?} again changed the record");
        assert!(again.facts.is_empty() && again.sends.is_empty(), "{call:?}");
        assert!(again.feedback.is_empty(), "{call:?}");
        if call.event.operation().is_some() {
            assert!(alike(answer, &again.answer), "{answer:?}, then {again:?}");
        }
    }

    /// Who waits as long as told is not refused for the same reason.
    pub(super) fn check_wait(&self, call: &Call, answer: &Answer, after: &Recipient, now: Time) {
        let limit_and_wait = |answer: &Answer| match answer {
            Answer::Refused(Refusal::Limited { limit, wait }) => Some((*limit, *wait)),
            _ => None,
        };
        // These two are the store's, and here they don't change with time.
        let shared = [Limit::Subject, Limit::PrefixBudget];
        let own = limit_and_wait(answer).filter(|(limit, _)| !shared.contains(limit));
        let Some((limit, wait)) = own else {
            return;
        };
        let (later, _) = self.apply(after, call, now + wait);
        let still = limit_and_wait(&later.answer).map(|told| told.0);
        assert_ne!(still, Some(limit), "waited {wait:?} and {call:?} is refused");
    }

    /// Every code of a live, unlocked challenge verifies, for its own delivery.
    pub(super) fn check_codes(&self, after: &Recipient) {
        for case in self.naive.cases.iter().filter(|case| case.is_live()) {
            let now = after.changed_at;
            if self.naive.locked_until(&self.rules, &case.flow, now).is_some() {
                continue;
            }
            for (delivery, code) in &case.codes {
                let trial = Call {
                    guess: Some(code.clone()),
                    ..self.guess_at(case, case.transaction).into()
                };
                let (trial, _) = self.apply(after, &trial, now);
                let Answer::Guessed(told) = trial.answer else {
                    panic!("{:?} to a guess", trial.answer);
                };
                assert_eq!(told.outcome, VerifyOutcome::Verified);
                assert!(told.number.is_some() && !told.replayed);
                let used = told.challenge.and_then(|it| it.conclusion).unwrap().used;
                // All messages of a test number carry one code.
                assert!(case.test || used == Some(*delivery), "credited to {used:?}");
            }
        }
    }

    /// An alarm answered on time sets the next one later.
    pub(super) fn check_alarm(&self, after: &Recipient, now: Time) {
        let Some(due) = after.alarm(&self.rules) else {
            return;
        };
        let due = due.max(now);
        let (woken, _) = self.apply(after, &Event::Alarm.into(), due);
        let woken = woken.next.expect("an alarm on time has something to do");
        let next = woken.alarm(&self.rules);
        assert!(next.is_none_or(|next| next > due), "due {due:?}, next {next:?}");
    }
}
