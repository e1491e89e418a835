//! A person's guess.
//!
//! The order of the answers is a promise: unknown; already answered; concluded; locked; another
//! transaction; and only then the code, whose digest is asked for when everything else is in order.

use super::{Said, turn::Turn};
use crate::otp::{
    challenge::Challenge,
    event::{Answer, FactKind, Guessed, Need, Operation, Refusal},
    id::ChallengeId,
    kinds::{ConclusionReason, Purpose, State, TimelineEvent, VerifyOutcome},
    time::Time,
};

impl Turn<'_> {
    pub(super) fn guess(
        &mut self,
        operation: &Operation,
        caller: &str,
        challenge: &ChallengeId,
        (subject, purpose): (Option<&str>, Option<Purpose>),
        transaction: Option<&[u8; 16]>,
    ) -> Result<Answer, Need> {
        let bound = |at: &usize| {
            let flow = &self.challenge(*at).flow;
            subject.is_none_or(|subject| subject == flow.subject)
                && purpose.is_none_or(|purpose| purpose == flow.purpose)
        };
        let Some(at) = self.visible(caller, challenge).filter(bound) else {
            return Ok(Answer::Guessed(Box::new(nothing(VerifyOutcome::UnknownChallenge, 0))));
        };
        if let Some(answer) = self.replay(operation) {
            return Ok(answer);
        }
        if let Some(outcome) = VerifyOutcome::of_concluded(self.challenge(at).state()) {
            let guessed = self.told(at, outcome, self.attempts_left(at));
            return Ok(Answer::Guessed(Box::new(guessed)));
        }
        if let Some(until) = self.locked_until(&self.challenge(at).flow) {
            return Ok(self.locked(at, until));
        }
        match (self.challenge(at).transaction.as_ref(), transaction) {
            (Some(_), None) => return Ok(Answer::Refused(Refusal::TransactionMissing)),
            (None, Some(_)) => return Ok(Answer::Refused(Refusal::TransactionUnexpected)),
            (issued_for, given) if issued_for != given => {
                return Ok(self.count(operation, at, VerifyOutcome::TransactionMismatch));
            }
            _ => {}
        }
        self.compare(operation, at)
    }

    fn compare(&mut self, operation: &Operation, at: usize) -> Result<Answer, Need> {
        let need = || Need::Guess(self.challenge(at).recipe(self.place));
        let guess = self.supply.guess.as_ref().ok_or_else(need)?;
        Ok(match self.challenge(at).find(guess) {
            Some(delivery) => self.verify(operation, at, delivery),
            None => self.count(operation, at, VerifyOutcome::WrongCode),
        })
    }

    fn verify(&mut self, operation: &Operation, at: usize, delivery: u32) -> Answer {
        let number = self.next.number.clone();
        let key = self.challenge(at).flow.clone();
        let flow = self.flow_mut(&key);
        flow.ledger.succeed();
        flow.wait_until = None;
        self.conclude(at, State::Verified, ConclusionReason::CodeMatched, Some(delivery));
        let attempts_left = self.attempts_left(at);
        let outcome = VerifyOutcome::Verified;
        self.remember(operation, at, Said::Guessed { outcome, attempts_left, resend_at: None });
        Answer::Guessed(Box::new(Guessed { number, ..self.told(at, outcome, attempts_left) }))
    }

    fn told(&self, at: usize, outcome: VerifyOutcome, attempts_left: u32) -> Guessed {
        let challenge = self.challenge(at).clone();
        let resend_at = challenge.resend_at;
        Guessed { challenge: Some(challenge), resend_at, ..nothing(outcome, attempts_left) }
    }

    /// A wrong guess counts, against the challenge and against its flow's ledger.
    fn count(&mut self, operation: &Operation, at: usize, outcome: VerifyOutcome) -> Answer {
        let (now, rules) = (self.now, self.rules);
        let challenge = &mut self.next.challenges[at];
        challenge.attempts_used += 1;
        challenge.note(now, TimelineEvent::GuessCounted, 0);
        let key = challenge.flow.clone();
        self.flow_mut(&key).ledger.fail(&rules.ledger, now);
        let attempts_left = self.attempts_left(at);
        self.tell(at, FactKind::GuessCounted { attempts_left });
        // No guess is counted while a lock holds, so this one turned the key.
        if let Some(until) = self.locked_until(&key) {
            self.tell(at, FactKind::Locked { until });
        }
        if self.challenge(at).attempts_left() == 0 {
            self.conclude(at, State::Exhausted, ConclusionReason::Attempts, None);
        }
        let resend_at = self.challenge(at).resend_at;
        self.remember(operation, at, Said::Guessed { outcome, attempts_left, resend_at });
        Answer::Guessed(Box::new(self.told(at, outcome, attempts_left)))
    }

    fn locked(&self, at: usize, until: Time) -> Answer {
        let told = self.told(at, VerifyOutcome::Locked, 0);
        // A lock stops sends, too.
        Answer::Guessed(Box::new(Guessed { unlocks_at: Some(until), resend_at: None, ..told }))
    }

    /// The answer to a guess that was answered before: the same, but for the number, which is erased.
    pub(super) fn guessed_again(
        &self,
        outcome: VerifyOutcome,
        attempts_left: u32,
        resend_at: Option<Time>,
        challenge: &Challenge,
    ) -> Answer {
        Answer::Guessed(Box::new(Guessed {
            challenge: Some(challenge.clone()),
            resend_at,
            replayed: true,
            ..nothing(outcome, attempts_left)
        }))
    }
}

fn nothing(outcome: VerifyOutcome, attempts_left: u32) -> Guessed {
    Guessed {
        outcome,
        attempts_left,
        number: None,
        challenge: None,
        resend_at: None,
        unlocks_at: None,
        replayed: false,
    }
}
