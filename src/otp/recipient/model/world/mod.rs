//! A world of one recipient: gets the machine what it needs, and lets the naive model judge each
//! step.

mod grants;

mod checks;

use std::cell::Cell;

use super::{
    naive::{Case, Naive, Step},
    tally::Tally,
    wish::Wish,
};
use crate::otp::{
    digest::{Digest, Recipe},
    event::{Cleared, ClosedRoad, Event, Fresh, Need, Operation, Supply, Transition, Verdict},
    id::{ChallengeId, MessageTag, OperationId, RecipientKey},
    policy::Rules,
    recipient::Recipient,
    time::Time,
    toll::Hit,
};

const PLACE: RecipientKey = RecipientKey([7; 16]);
const START: Time = Time::from_secs(1_800_000_000);
const TEST_CODE: u64 = 424_242;
const WRONG_CODE: u64 = u64::MAX;

/// An event and what its cause knows besides.
#[derive(Clone, Debug)]
pub struct Call {
    pub event: Event,
    pub guess: Option<Digest>,
    pub verdict: Verdict,
    pub closed: Vec<ClosedRoad>,
    pub hit: Option<Hit>,
}

impl From<Event> for Call {
    fn from(event: Event) -> Self {
        Self { event, guess: None, verdict: Verdict::Allowed, closed: Vec::new(), hit: None }
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
    /// The roads that are closed now.
    closed: Vec<ClosedRoad>,
    /// What the rules against toll fraud say now.
    hit: Option<Hit>,
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
            closed: Vec::new(),
            hit: None,
            tally: Tally::default(),
        }
    }

    pub fn live(&mut self, wishes: &[Wish]) {
        for wish in wishes {
            if let Some(call) = self.grant(wish) {
                self.take(&Call { closed: self.closed.clone(), hit: self.hit, ..call });
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
        let mut supply = Supply { closed: call.closed.clone(), ..Supply::default() };
        for _ in 0..100 {
            match record.on(&PLACE, &call.event, &self.rules, &supply, clock) {
                Ok(transition) => return (transition, supply),
                Err(Need::Remember { message, .. }) => supply.remembered = Some(message),
                Err(Need::Clearance(text)) => {
                    supply.cleared.push(Cleared { text, hits: call.hit.into_iter().collect() })
                }
                Err(Need::Verdict) => supply.verdict = Some(call.verdict),
                Err(Need::Guess(recipe)) => {
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

    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let serial = self.next().to_be_bytes();
        std::array::from_fn(|i| serial.get(i).copied().unwrap_or_default())
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
}

/// A stand-in for a hash: who the code is for, and the code.
fn digest(challenge: &ChallengeId, code: u64) -> Digest {
    let mut bytes = challenge.0;
    bytes[16..24].copy_from_slice(&code.to_be_bytes());
    Digest(bytes)
}
