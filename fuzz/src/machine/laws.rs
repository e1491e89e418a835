//! What must hold after every event.
//!
//! These are few and need no model of the machine. The model that foresees every answer stands with
//! the machine itself, in `otp/recipient/model`.

use std::collections::{BTreeMap, BTreeSet};

use pombo::{
    otp::{
        Answer, Arm, Challenge, ChallengeId, DeliveryStatus, Event, Fact, Recipient, Rules, State,
        Time, Transition, VerifyOutcome, event::FactKind, policy::MAX_DELIVERIES,
    },
    store::record,
};

use super::Call;

/// One event: the record before it and after it.
pub(super) struct Step<'a> {
    pub rules: &'a Rules,
    pub before: &'a Recipient,
    pub after: &'a Recipient,
    pub now: Time,
}

/// What happened so far.
#[derive(Default)]
pub(super) struct Book {
    issued: usize,
    concluded: BTreeSet<ChallengeId>,
    verified: BTreeSet<ChallengeId>,
    wrong: BTreeMap<ChallengeId, u32>,
    /// When messages were asked for that count.
    messages: Vec<Time>,
}

impl Book {
    pub fn judge(&mut self, step: &Step, call: &Call, transition: &Transition) {
        transition.facts.iter().for_each(|fact| self.book(fact, step));
        self.judge_answer(call, &transition.answer);
        let live = step.after.challenges.iter().filter(|it| it.is_live()).count();
        assert_eq!(self.issued, self.concluded.len() + live, "issued = concluded + live");
        assert_eq!(step.after.number.is_some(), live > 0, "the number is kept while it is needed");
        self.judge_windows(step);
        judge_alarm(step, call);
        assert!(step.after.changed_at >= step.before.changed_at, "time went back");
        step.after.challenges.iter().for_each(|it| judge_challenge(step, it));
        let written = record::encode(step.after);
        assert_eq!(&record::decode(&written).expect("a record"), step.after);
    }

    fn book(&mut self, fact: &Fact, step: &Step) {
        let id = fact.challenge;
        match &fact.kind {
            FactKind::Issued => self.issued += 1,
            FactKind::Concluded { .. } => {
                assert!(self.concluded.insert(id), "{id} concluded twice");
            }
            FactKind::GuessCounted { .. } => {
                let wrong = self.wrong.entry(id).or_default();
                *wrong += 1;
                let most = step.rules.policy(fact.labels.purpose).max_attempts;
                assert!(*wrong <= most, "{wrong} wrong guesses of {most}");
            }
            FactKind::Delivery { status: DeliveryStatus::Queued, .. } => {
                self.messages.extend((fact.labels.arm != Arm::Test).then_some(fact.at));
            }
            _ => {}
        }
    }

    /// A code of the challenge verifies it, and nothing else does; once.
    fn judge_answer(&mut self, call: &Call, answer: &Answer) {
        let (Event::Guess { challenge, .. }, Answer::Guessed(told)) = (&call.event, answer) else {
            return;
        };
        if told.outcome != VerifyOutcome::Verified || told.replayed {
            return;
        }
        let guess = call.guess.as_ref().expect("a wrong code verified");
        assert_eq!(guess.0[..16], challenge.0[..16], "another challenge's code verified");
        assert!(self.verified.insert(*challenge), "{challenge} verified twice");
    }

    fn judge_windows(&self, step: &Step) {
        for window in &step.rules.recipient {
            let inside = self.messages.iter().filter(|at| step.now.since(**at) < window.length);
            assert!(inside.count() <= window.count.get() as usize, "{window:?}");
        }
    }
}

/// A live record has an alarm, no later than its expiry; one that was answered is not due again.
fn judge_alarm(step: &Step, call: &Call) {
    let live = step.after.challenges.iter().filter(|it| it.is_live());
    let expiry = live.map(|it| it.expires_at).min();
    let alarm = step.after.alarm(step.rules);
    assert_eq!(alarm.is_some(), expiry.is_some(), "alarmed while live");
    assert!(alarm <= expiry, "alarmed after its expiry");
    let is_answered = matches!(call.event, Event::Alarm);
    assert!(!is_answered || alarm.is_none_or(|next| next > step.now), "an alarm that never ends");
}

fn judge_challenge(step: &Step, after: &Challenge) {
    assert!(after.attempts_used <= after.max_attempts);
    assert!(after.deliveries.len() <= MAX_DELIVERIES);
    assert_eq!(
        after.state() == State::Verified,
        after.conclusion.is_some_and(|it| it.used.is_some())
    );
    let erased = after.deliveries.iter().all(|it| it.digests.is_empty());
    assert!(after.is_live() || erased, "a code outlived its challenge");
    let before = step.before.challenges.iter().find(|it| it.id == after.id);
    before.into_iter().for_each(|before| judge_course(before, after));
}

/// Nothing of a challenge goes back.
fn judge_course(before: &Challenge, after: &Challenge) {
    assert!(before.is_live() || before.conclusion == after.conclusion, "a conclusion is final");
    assert!(before.attempts_used <= after.attempts_used);
    assert!(before.deliveries.len() <= after.deliveries.len());
    for (before, after) in before.deliveries.iter().zip(&after.deliveries) {
        assert!(before.status <= after.status, "{:?}, then {:?}", before.status, after.status);
    }
}
