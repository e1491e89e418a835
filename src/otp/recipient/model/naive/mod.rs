//! The naive model: lists of everything that ever happened to the recipient, and judgements made
//! from them alone. Slow, forgetful of nothing, and blind to how the machine works.

mod foresee;

mod book;

mod laws;

mod roads;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{tally::Tally, world::Call};
use crate::otp::{
    challenge::{Challenge, Conclusion},
    digest::Digest,
    event::{Answer, Guessed, Operation, Supply, Transition},
    id::{ChallengeId, MessageTag},
    kinds::{DeliveryStatus, State},
    ledger::FlowKey,
    policy::Rules,
    recipient::Recipient,
    time::Time,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const REPLAYED_FOR: Duration = Duration::from_secs(10 * 60);

/// One event, seen from outside.
pub struct Step<'a> {
    pub rules: &'a Rules,
    pub before: &'a Recipient,
    pub after: &'a Recipient,
    pub call: &'a Call,
    pub transition: &'a Transition,
    pub supply: &'a Supply,
    pub now: Time,
}

#[derive(Default)]
pub struct Naive {
    /// Every challenge there ever was.
    pub cases: Vec<Case>,
    /// Every guess that was compared: whose, when, and whether it was right.
    tries: Vec<(FlowKey, Time, bool)>,
    /// Every message that counts: when, and whether for an unproven purpose.
    messages: Vec<(Time, bool)>,
    /// Every answer that has to be given again.
    heard: Vec<(Operation, Time, Answer)>,
}

/// All that happened to one challenge.
pub struct Case {
    pub id: ChallengeId,
    pub flow: FlowKey,
    pub test: bool,
    pub transaction: Option<[u8; 16]>,
    /// The code of each message, by the number of its delivery.
    pub codes: Vec<(u32, Digest)>,
    issued_at: Time,
    /// When messages were asked for.
    asked: Vec<Time>,
    statuses: BTreeMap<u32, DeliveryStatus>,
    /// How often each delivery was sent.
    sends: BTreeMap<u32, usize>,
    /// Message ids that are known to be its own.
    tags: Vec<(u32, MessageTag)>,
    /// Deliveries that a provider may have taken, by what was told while it was live.
    taken: BTreeSet<u32>,
    budget: u32,
    wrong: u32,
    verified: u32,
    reported: bool,
    conclusion: Option<Conclusion>,
    /// Nobody may ask for it any more.
    forgotten: bool,
    /// It is not in the record any more.
    pruned: bool,
}

impl Case {
    pub fn is_live(&self) -> bool {
        self.conclusion.is_none()
    }

    fn is_over(&self, step: &Step) -> bool {
        let concluded = self.conclusion.map(|it| it.at);
        concluded.is_some_and(|at| at + step.rules.retention <= step.now)
    }

    fn state(&self) -> State {
        self.conclusion.map_or(State::Pending, |it| it.state)
    }
}

/// Two answers to one call: alike but for what a replay may not tell, and what went on since.
pub fn alike(first: &Answer, second: &Answer) -> bool {
    match (first, second) {
        (Answer::Guessed(first), Answer::Guessed(second)) => {
            let plain =
                |guessed: &Guessed| Guessed { number: None, replayed: false, ..guessed.clone() };
            plain(first) == plain(second)
        }
        _ => first == second,
    }
}

impl Naive {
    pub fn case(&self, id: &ChallengeId) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == *id)
    }

    fn case_mut(&mut self, id: &ChallengeId) -> &mut Case {
        let found = self.cases.iter_mut().find(|case| case.id == *id);
        found.expect("nothing is told of a challenge before it is issued")
    }

    /// Until when a flow is locked: by each full row of failures, and by too many of them in a day.
    pub fn locked_until(&self, rules: &Rules, flow: &FlowKey, now: Time) -> Option<Time> {
        let tries = self.tries.iter().filter(|(whose, ..)| whose == flow);
        let (mut row, mut by_row, mut failures) = (0, None, Vec::new());
        for &(_, at, right) in tries {
            if right {
                (row, by_row) = (0, None);
            } else {
                // A row is a day's at most.
                let broken = failures.last().is_some_and(|&last| last + DAY <= at);
                row = if broken { 1 } else { row + 1 };
                failures.push(at);
                if row % rules.ledger.failures_in_a_row == 0 {
                    by_row = Some(at + rules.ledger.lock);
                }
            }
        }
        let too_many = |time: Time| {
            let recent = failures.iter().filter(|&&at| at + DAY > time);
            recent.count() >= rules.ledger.failures_per_day as usize
        };
        let ends = failures.iter().map(|&at| at + DAY);
        let by_day = ends.filter(|&end| !too_many(end)).min();
        let by_day = by_day.filter(|_| too_many(now));
        by_row.max(by_day).filter(|&until| until > now)
    }

    /// How many more wrong guesses a flow bears: as many as it takes to lock it.
    fn bearable(&mut self, rules: &Rules, flow: &FlowKey, now: Time) -> u32 {
        let known = self.tries.len();
        let mut more = 0;
        while self.locked_until(rules, flow, now).is_none() {
            self.tries.push((flow.clone(), now, false));
            more += 1;
        }
        self.tries.truncate(known);
        more
    }

    /// What this call was told before, if it is still to be told again.
    fn heard(&self, operation: &Operation, now: Time) -> Option<&(Operation, Time, Answer)> {
        let mut heard = self.heard.iter().rev();
        heard.find(|(known, at, _)| known.id == operation.id && now.since(*at) < REPLAYED_FOR)
    }

    pub fn judge(&mut self, step: &Step, tally: &mut Tally) {
        for case in &mut self.cases {
            case.forgotten |= case.is_over(step);
        }
        self.judge_repeat(step, tally);
        let repeated = step.call.event.operation().filter(|it| self.heard(it, step.now).is_some());
        self.judge_locks(step);
        let outcome = self.foresee(step);
        for fact in &step.transition.facts {
            self.book_fact(fact, step);
        }
        self.book_sends(step, tally);
        if repeated.is_none() {
            self.book_answer(outcome, step);
        }
        self.book_tag(step);
        self.judge_roads(step, tally);
        self.judge_feedback(step, tally);
        self.judge_settlements(step, tally);
        self.judge_messages(step.rules);
        self.judge_cases(step, tally);
        self.judge_alarm(step, tally);
    }
}

fn find<'a>(record: &'a Recipient, id: &ChallengeId) -> Option<&'a Challenge> {
    record.challenges.iter().find(|it| it.id == *id)
}
