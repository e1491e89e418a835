//! A world of one recipient: turns wishes into events, gets the machine what it needs, and lets the
//! naive model judge each step.

use std::{cell::Cell, time::Duration};

use super::{
    naive::{Case, Naive, Step, alike},
    tally::Tally,
    wishes::{Aim, Bound, Payment, Tag, Wish},
};
use crate::otp::{
    challenge::Challenge,
    country::Country,
    digest::{Digest, Recipe},
    event::{
        Answer, Event, Fresh, Issue, Limit, Need, Operation, Progress, Refusal, Source, Supply,
        Transition, Verdict,
    },
    id::{ChallengeId, MessageTag, OperationId, RecipientKey},
    keyring::SealedNumber,
    kinds::{Purpose, VerifyOutcome},
    ledger::FlowKey,
    policy::Rules,
    recipient::Recipient,
    time::Time,
};

const PLACE: RecipientKey = RecipientKey([7; 16]);
const START: Time = Time::from_secs(1_800_000_000);
const TEST_CODE: u64 = 424_242;
const WRONG_CODE: u64 = u64::MAX;

const FLOWS: [(&str, Purpose, &str); 9] = [
    ("shop", Purpose::Login, "ana"),
    ("shop", Purpose::Login, "bia"),
    ("bank", Purpose::Login, "ana"),
    ("shop", Purpose::Signup, "ana"),
    ("bank", Purpose::Recovery, "ana"),
    ("bank", Purpose::PhoneChange, "ana"),
    ("bank", Purpose::Transaction, "ana"),
    ("bank", Purpose::Transaction, "bia"),
    ("shop", Purpose::DeviceRegistration, ""),
];

/// An event and what its cause knows besides.
#[derive(Clone, Debug)]
pub struct Call {
    pub event: Event,
    pub guess: Option<Digest>,
    pub verdict: Verdict,
}

impl From<Event> for Call {
    fn from(event: Event) -> Self {
        Self { event, guess: None, verdict: Verdict::Allowed }
    }
}

/// A message that was handed to a provider, under the id that the provider gives it.
struct Posted {
    challenge: ChallengeId,
    delivery: u32,
    tag: MessageTag,
    retry_at: Time,
}

pub struct World {
    rules: Rules,
    record: Recipient,
    clock: Time,
    serial: Cell<u64>,
    naive: Naive,
    calls: Vec<Call>,
    posted: Vec<Posted>,
    pub tally: Tally,
}

impl World {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            record: Recipient::default(),
            clock: START,
            serial: Cell::new(0),
            naive: Naive::default(),
            calls: Vec::new(),
            posted: Vec::new(),
            tally: Tally::default(),
        }
    }

    pub fn live(&mut self, wishes: &[Wish]) {
        for wish in wishes {
            if let Some(call) = self.grant(wish) {
                self.take(&call);
            }
        }
    }

    /// One event: applied, judged, applied again, and committed.
    fn take(&mut self, call: &Call) {
        let now = self.clock.max(self.record.changed_at);
        if self.clock < now {
            self.tally.raise("clock behind".into());
        }
        let (transition, supply) = self.apply(&self.record, call, self.clock);
        self.tally.count(&transition);
        let after = transition.next.as_ref().unwrap_or(&self.record);
        self.check_quiet(call, &transition.answer, after);
        self.check_again(call, &transition.answer, after);
        self.check_wait(call, &transition.answer, after, now);
        let step = Step {
            rules: &self.rules,
            before: &self.record,
            after,
            call,
            transition: &transition,
            supply: &supply,
            now,
        };
        self.naive.judge(&step, &mut self.tally);
        self.check_codes(after);
        self.check_alarm(after, now);
        self.record = after.clone();
        for send in &transition.sends {
            let tag = MessageTag(self.bytes());
            self.posted.push(Posted {
                challenge: send.challenge,
                delivery: send.delivery,
                tag,
                retry_at: send.retry_at,
            });
        }
    }

    /// Gets the machine what it needs until it has it all.
    fn apply(&self, record: &Recipient, call: &Call, clock: Time) -> (Transition, Supply) {
        let mut supply = Supply::default();
        for _ in 0..100 {
            match record.on(&PLACE, &call.event, &self.rules, &supply, clock) {
                Ok(transition) => return (transition, supply),
                Err(Need::Verdict) => supply.verdict = Some(call.verdict),
                Err(Need::Guess { recipe, .. }) => {
                    let wrong = || digest(&recipe.challenge, WRONG_CODE);
                    supply.guess = Some(call.guess.clone().unwrap_or_else(wrong));
                }
                Err(Need::Fresh(recipe)) => supply.fresh.push(self.draw(call, &recipe)),
            }
        }
        panic!("the machine is never content with {call:?}");
    }

    /// A fresh code; now and then the dice show one that is live already.
    fn draw(&self, call: &Call, recipe: &Recipe) -> Fresh {
        let challenge = recipe.challenge;
        let case = self.naive.case(&challenge);
        let test = match &call.event {
            Event::Issue(issue) if issue.new_id == challenge => issue.test,
            _ => case.is_some_and(|case| case.test),
        };
        let serial = self.next();
        let live = case.and_then(|case| case.codes.first());
        let digest = match live {
            _ if test => digest(&challenge, TEST_CODE),
            Some((_, live)) if serial.is_multiple_of(3) => live.clone(),
            _ => digest(&challenge, serial),
        };
        Fresh { challenge, digest }
    }

    /// Who is refused, ignored or told what is so already changes nothing.
    fn check_quiet(&self, call: &Call, answer: &Answer, after: &Recipient) {
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
    fn check_again(&self, call: &Call, answer: &Answer, after: &Recipient) {
        let (again, _) = self.apply(after, call, self.clock);
        assert_eq!(again.next, None, "{call:?} again changed the record");
        assert!(again.facts.is_empty() && again.sends.is_empty(), "{call:?}");
        if operation(&call.event).is_some() {
            assert!(alike(answer, &again.answer), "{answer:?}, then {again:?}");
        }
    }

    /// Who waits as long as told is not refused for the same reason.
    fn check_wait(&self, call: &Call, answer: &Answer, after: &Recipient, now: Time) {
        let limit_and_wait = |answer: &Answer| match answer {
            Answer::Refused(Refusal::Limited { limit, wait }) => Some((*limit, *wait)),
            _ => None,
        };
        let Some((limit, wait)) = limit_and_wait(answer).filter(|told| told.0 != Limit::Subject)
        else {
            return;
        };
        let (later, _) = self.apply(after, call, now + wait);
        let still = limit_and_wait(&later.answer).map(|told| told.0);
        assert_ne!(still, Some(limit), "waited {wait:?} and {call:?} is refused");
    }

    /// Every code of a live, unlocked challenge verifies, for its own delivery.
    fn check_codes(&self, after: &Recipient) {
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
    fn check_alarm(&self, after: &Recipient, now: Time) {
        let Some(due) = after.alarm(&self.rules) else {
            return;
        };
        let due = due.max(now);
        let (woken, _) = self.apply(after, &Event::Alarm.into(), due);
        let woken = woken.next.expect("an alarm on time has something to do");
        let next = woken.alarm(&self.rules);
        assert!(next.is_none_or(|next| next > due), "due {due:?}, next {next:?}");
    }

    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let serial = self.next().to_be_bytes();
        std::array::from_fn(|i| serial.get(i).copied().unwrap_or_default())
    }

    /// Moves the clock forward to a moment, if it is still to come.
    fn wait_until(&mut self, time: Time) {
        self.clock = self.clock.max(time);
    }

    fn pick(&self, which: usize) -> Option<&Case> {
        let cases = &self.naive.cases;
        cases.iter().rev().nth(which % cases.len().max(1))
    }

    fn recorded(&self, case: &Case) -> Option<&Challenge> {
        self.record.challenges.iter().find(|it| it.id == case.id)
    }

    fn operation(&self) -> Operation {
        Operation { id: OperationId(self.bytes()), tag: self.bytes(), by: self.bytes() }
    }

    fn guess_at(&self, case: &Case, transaction: Option<[u8; 16]>) -> Event {
        Event::Guess {
            operation: self.operation(),
            caller: case.flow.caller.clone(),
            challenge: case.id,
            subject: None,
            purpose: None,
            transaction,
        }
    }

    /// What a wish comes to, if to anything: a call, or only time.
    fn grant(&mut self, wish: &Wish) -> Option<Call> {
        let event = match *wish {
            Wish::Wait { millis } => {
                let span = Duration::from_millis(millis.unsigned_abs());
                self.clock = match millis {
                    0.. => self.clock + span,
                    _ => self.clock - span,
                };
                return None;
            }
            Wish::WaitForResend { which } => {
                let case = self.pick(which)?;
                let resend_at = self.recorded(case)?.resend_at?;
                self.wait_until(resend_at);
                return None;
            }
            Wish::WakeOnTime => {
                let due = self.record.alarm(&self.rules)?;
                self.wait_until(due);
                Event::Alarm
            }
            Wish::Alarm => Event::Alarm,
            Wish::Issue { .. } => return Some(self.issue(wish)),
            Wish::Guess { which, aim, payment, bound } => {
                return self.guess(which, aim, payment, bound);
            }
            Wish::Repeat { back, changed } => {
                let mut call = self.calls.iter().rev().nth(back)?.clone();
                if let Some(operation) = operation_mut(&mut call.event).filter(|_| changed) {
                    operation.tag = [255; 12];
                }
                if let Event::Issue(issue) = &mut call.event {
                    // Each call brings an id of its own.
                    issue.new_id = ChallengeId(self.bytes());
                }
                return Some(call);
            }
            Wish::Resend { which, channel, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                let event =
                    Event::Resend { operation: self.operation(), caller, challenge, channel };
                return Some(self.kept(event.into()));
            }
            Wish::Cancel { which, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                Event::Cancel { caller, challenge }
            }
            Wish::Look { which, stranger } => {
                let (caller, challenge) = self.asker(which, stranger)?;
                Event::Look { caller, challenge }
            }
            Wish::Report { which, outcome, at } => {
                let (caller, challenge) = self.asker(which, false)?;
                let at = at.map(|seconds| self.shifted(seconds));
                Event::Report { caller, challenge, outcome, at }
            }
            Wish::NotRequested { which } => Event::NotRequested { challenge: self.pick(which)?.id },
            Wish::Sender { send, status, failure } => {
                let posted = self.posted.iter().rev().nth(send)?;
                Event::Progress(Progress {
                    challenge: posted.challenge,
                    delivery: posted.delivery,
                    source: Source::Sender(posted.retry_at),
                    message: Some(posted.tag),
                    status,
                    failure,
                })
            }
            Wish::Receipt { .. } => self.receipt(wish)?,
        };
        Some(event.into())
    }

    fn asker(&self, which: usize, stranger: bool) -> Option<(String, ChallengeId)> {
        let case = self.pick(which)?;
        let caller = if stranger { "thief" } else { &case.flow.caller };
        Some((caller.to_owned(), case.id))
    }

    fn shifted(&self, seconds: i64) -> Time {
        let span = Duration::from_secs(seconds.unsigned_abs());
        match seconds {
            0.. => self.clock + span,
            _ => self.clock - span,
        }
    }

    fn kept(&mut self, call: Call) -> Call {
        self.calls.push(call.clone());
        call
    }

    fn issue(&mut self, wish: &Wish) -> Call {
        let Wish::Issue { flow, payment, channel, test, shared_limit } = *wish else {
            unreachable!("an issue is issued");
        };
        let (caller, purpose, subject) = FLOWS[flow];
        let issue = Issue {
            operation: self.operation(),
            flow: FlowKey { caller: caller.to_owned(), purpose, subject: subject.to_owned() },
            new_id: ChallengeId(self.bytes()),
            number: SealedNumber { key_id: "k1".to_owned(), bytes: self.bytes::<8>().to_vec() },
            masked: "+55*********21".to_owned(),
            country: Country::new("BR"),
            transaction: (purpose == Purpose::Transaction).then_some([payment; 16]),
            language: "pt_BR".to_owned(),
            channel,
            // Any call may come again.
            named: true,
            test,
            key_id: "k1".to_owned(),
        };
        let refused = Verdict::Refused { limit: Limit::Subject, wait: Duration::from_secs(60) };
        let call = Call {
            verdict: if shared_limit { refused } else { Verdict::Allowed },
            ..Event::Issue(Box::new(issue)).into()
        };
        self.kept(call)
    }

    fn guess(&mut self, which: usize, aim: Aim, payment: Payment, bound: Bound) -> Option<Call> {
        let case = self.pick(which)?;
        let known: Vec<_> = match aim {
            Aim::Right(_) => case.codes.iter().collect(),
            Aim::Wrong => Vec::new(),
            Aim::Anything(_) => self.naive.cases.iter().flat_map(|it| &it.codes).collect(),
        };
        let guess = match aim {
            Aim::Right(nth) | Aim::Anything(nth) => known.get(nth % known.len().max(1)),
            Aim::Wrong => None,
        };
        let guess = guess.map(|(_, code)| code.clone());
        let transaction = match (payment, case.transaction) {
            (Payment::Same, same) => same,
            (Payment::Other, other) => other.map(|[tag, ..]| [tag + 100; 16]),
            (Payment::Inverted, Some(_)) => None,
            (Payment::Inverted, None) => Some([1; 16]),
        };
        let mut event = self.guess_at(case, transaction);
        if let Event::Guess { subject, purpose, .. } = &mut event {
            (*subject, *purpose) = match bound {
                Bound::Free => (None, None),
                Bound::Same => (Some(case.flow.subject.clone()), Some(case.flow.purpose)),
                Bound::Other => (Some("eva".to_owned()), None),
            };
        }
        let call = Call { guess, ..event.into() };
        Some(self.kept(call))
    }

    fn receipt(&self, wish: &Wish) -> Option<Event> {
        let Wish::Receipt { which, delivery, tag, status, failure, seconds_ago } = *wish else {
            unreachable!("a receipt is received");
        };
        let challenge = self.pick(which)?.id;
        let mut posted = self.posted.iter();
        let message = match tag {
            Tag::Right => posted
                .find(|it| it.challenge == challenge && it.delivery == delivery)
                .map(|it| it.tag),
            Tag::Foreign => Some(MessageTag([255; 12])),
            Tag::Absent => None,
        };
        let at = seconds_ago.map_or(Time::LATEST, |ago| self.clock - Duration::from_secs(ago));
        Some(Event::Progress(Progress {
            challenge,
            delivery,
            source: Source::Receipt(at),
            message,
            status,
            failure,
        }))
    }
}

/// A stand-in for a hash: who the code is for, and the code.
fn digest(challenge: &ChallengeId, code: u64) -> Digest {
    let mut bytes = challenge.0;
    bytes[16..24].copy_from_slice(&code.to_be_bytes());
    Digest(bytes)
}

/// The operation of an event that has one.
pub fn operation(event: &Event) -> Option<Operation> {
    operation_mut(&mut event.clone()).copied()
}

fn operation_mut(event: &mut Event) -> Option<&mut Operation> {
    match event {
        Event::Issue(issue) => Some(&mut issue.operation),
        Event::Resend { operation, .. } | Event::Guess { operation, .. } => Some(operation),
        _ => None,
    }
}
