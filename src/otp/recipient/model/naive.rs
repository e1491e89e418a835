//! The naive model: lists of everything that ever happened to the recipient, and judgements made
//! from them alone. Slow, forgetful of nothing, and blind to how the machine works.

use std::{collections::BTreeMap, time::Duration};

use super::{
    tally::Tally,
    world::{Call, operation},
};
use crate::otp::{
    challenge::{Challenge, Conclusion},
    digest::Digest,
    event::{
        Answer, Event, Fact, FactKind, Guessed, Limit, Operation, Refusal, Source, Supply,
        Transition,
    },
    id::{ChallengeId, MessageTag},
    kinds::{ConclusionReason, DeliveryStatus, State, VerifyOutcome},
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
        let repeated = operation(&step.call.event).filter(|it| self.heard(it, step.now).is_some());
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
        self.judge_messages(step.rules);
        self.judge_cases(step, tally);
        self.judge_alarm(step, tally);
    }

    /// The first answer again, or a refusal if the key now stands for something else.
    fn judge_repeat(&self, step: &Step, tally: &mut Tally) {
        let Some(operation) = operation(&step.call.event) else {
            return;
        };
        let Some((known, _, first)) = self.heard(&operation, step.now) else {
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
    fn judge_locks(&self, step: &Step) {
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
    fn foresee(&self, step: &Step) -> Option<VerifyOutcome> {
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

    fn book_fact(&mut self, fact: &Fact, step: &Step) {
        assert_eq!(fact.at, step.now);
        if fact.kind == FactKind::Issued {
            return self.open(fact, step);
        }
        let case = self.case_mut(&fact.challenge);
        match &fact.kind {
            FactKind::Delivery { number, status, .. } => {
                let new = case.statuses.len() as u32 + 1;
                match case.statuses.insert(*number, *status) {
                    Some(before) => assert!(before < *status, "{before:?}, then {status:?}"),
                    None => assert_eq!((*number, *status), (new, DeliveryStatus::Queued)),
                }
                let counts = *status == DeliveryStatus::Queued && !case.test;
                let unproven = case.flow.purpose.is_unproven();
                self.messages.extend(counts.then_some((step.now, unproven)));
            }
            FactKind::Concluded { state, reason, used_channel, .. } => {
                assert!(case.is_live(), "{:?} concluded twice", case.id);
                let recorded = find(step.after, &case.id).unwrap();
                let conclusion = recorded.conclusion.unwrap();
                assert_eq!((conclusion.state, conclusion.reason), (*state, *reason));
                assert_eq!(recorded.used_channel(), *used_channel);
                assert_eq!(conclusion.at, step.now);
                if *reason == ConclusionReason::NoChannelLeft {
                    let failed = |status: &DeliveryStatus| *status == DeliveryStatus::Failed;
                    assert!(case.statuses.values().all(failed));
                }
                case.conclusion = Some(conclusion);
            }
            FactKind::GuessCounted { .. } => case.wrong += 1,
            FactKind::FlowReported(_) => {
                assert!(!case.reported, "one report counts");
                case.reported = true;
            }
            FactKind::TakenOver { number } => assert!(case.statuses.contains_key(number)),
            FactKind::FellBack { .. } | FactKind::Issued => {}
        }
    }

    fn open(&mut self, fact: &Fact, step: &Step) {
        let Event::Issue(issue) = &step.call.event else {
            panic!("{:?} issued a challenge", step.call.event);
        };
        assert_eq!(fact.challenge, issue.new_id);
        assert!(self.case(&fact.challenge).is_none(), "issued twice");
        let policy = step.rules.policy(issue.flow.purpose);
        let mut earlier = self.cases.iter().rev().filter(|it| it.flow == issue.flow);
        if let Some(earlier) = earlier.next() {
            // Only a payment takes the place of a pending challenge, and only it need not wait.
            let state = earlier.conclusion.map(|it| it.state);
            let taken = state == Some(State::Superseded)
                && find(step.before, &earlier.id).is_some_and(Challenge::is_live);
            let waits = !taken && state != Some(State::Verified);
            let wait = policy.waits.get(earlier.asked.len() - 1);
            let wait = wait.or(policy.waits.last()).unwrap();
            let from = *earlier.asked.last().unwrap() + *wait;
            assert!(!waits || from <= step.now, "issued within the wait");
        }
        self.cases.push(Case {
            id: issue.new_id,
            flow: issue.flow.clone(),
            test: issue.test,
            transaction: issue.transaction,
            codes: Vec::new(),
            issued_at: step.now,
            asked: Vec::new(),
            statuses: BTreeMap::new(),
            sends: BTreeMap::new(),
            tags: Vec::new(),
            budget: policy.max_attempts,
            wrong: 0,
            verified: 0,
            reported: false,
            conclusion: None,
            forgotten: false,
            pruned: false,
        });
    }

    /// Each new delivery and each one taken over is sent, with a code of its own, and nothing else.
    fn book_sends(&mut self, step: &Step, tally: &mut Tally) {
        let told = step.transition.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::Delivery { number, status: DeliveryStatus::Queued, .. }
            | FactKind::TakenOver { number } => Some((fact.challenge, *number)),
            _ => None,
        });
        let (posted, test): (Vec<_>, Vec<_>) = told.partition(|(id, _)| !self.case_mut(id).test);
        let sends = step.transition.sends.iter();
        let sent: Vec<_> = sends.map(|send| (send.challenge, send.delivery)).collect();
        assert_eq!(sent, posted, "what is told is what is sent");

        for send in &step.transition.sends {
            let recorded = find(step.after, &send.challenge).unwrap();
            assert!(recorded.is_live(), "sent for a concluded challenge");
            assert!(send.retry_at > step.now);
            assert_eq!(send.expires_at, recorded.expires_at, "the message's life");
            assert_eq!(Some(&send.number), step.after.number.as_ref());
            let locked = self.locked_until(step.rules, &recorded.flow, step.now);
            assert_eq!(locked, None, "a lock stops sends");
            let delivery = recorded.delivery(send.delivery).unwrap();
            assert_eq!((delivery.channel, delivery.retry_at), (send.channel, send.retry_at));

            let code = step.supply.fresh[send.fresh].digest.clone();
            let case = self.case_mut(&send.challenge);
            assert!(case.codes.iter().all(|(_, live)| *live != code), "a code twice");
            case.codes.push((send.delivery, code));
            let times = case.sends.entry(send.delivery).or_default();
            *times += 1;
            assert!(*times <= 2, "one message and one taken over");
        }
        if step.supply.fresh.len() > step.transition.sends.len() + test.len() {
            tally.raise("code drawn again".into());
        }
        for (id, number) in test {
            let recorded = find(step.after, &id).and_then(|it| it.delivery(number));
            let digests = recorded.map(|it| it.digests.clone()).unwrap();
            let codes = digests.into_iter().map(|digest| (number, digest));
            self.case_mut(&id).codes.extend(codes);
        }
    }

    /// Takes note of a call's first answer.
    fn book_answer(&mut self, outcome: Option<VerifyOutcome>, step: &Step) {
        let (now, rules) = (step.now, step.rules);
        let answer = &step.transition.answer;
        let mut remember = false;
        match (&step.call.event, answer) {
            (Event::Issue(_), Answer::Issued(issued)) => {
                remember = true;
                let case = self.case_mut(&issued.challenge);
                assert!(case.is_live());
                assert_eq!(issued.reused, !case.asked.is_empty());
                if issued.message_sent {
                    case.ask(rules, now);
                }
            }
            (Event::Resend { challenge, .. }, Answer::Resent(_)) => {
                remember = true;
                self.case_mut(challenge).ask(rules, now);
            }
            (Event::Guess { challenge, .. }, Answer::Guessed(told)) => {
                assert!(!told.replayed);
                assert_eq!(Some(told.outcome), outcome, "to {:?}", step.call);
                remember = self.book_guess(*challenge, told, step);
            }
            (Event::Guess { .. }, Answer::Refused(_)) => assert_eq!(outcome, None),
            _ => {}
        }
        if let Some(operation) = operation(&step.call.event).filter(|_| remember) {
            self.heard.push((operation, now, answer.clone()));
        }
    }

    /// Counts a guess; whether it counts at all.
    fn book_guess(&mut self, id: ChallengeId, told: &Guessed, step: &Step) -> bool {
        use VerifyOutcome::{Locked, TransactionMismatch, Verified, WrongCode};
        let (now, rules) = (step.now, step.rules);
        let right = match told.outcome {
            Verified => true,
            WrongCode | TransactionMismatch => false,
            Locked => {
                let flow = &self.case(&id).unwrap().flow;
                assert_eq!(told.unlocks_at, self.locked_until(rules, flow, now));
                return false;
            }
            _ => return false,
        };
        let flow = self.case_mut(&id).flow.clone();
        self.tries.push((flow.clone(), now, right));
        let bearable = self.bearable(rules, &flow, now);
        let case = self.case_mut(&id);
        if right {
            case.verified += 1;
            assert_eq!(told.number, step.before.number, "the number, once");
            assert!(told.number.is_some());
        }
        let left = (case.budget - case.wrong).min(bearable);
        assert_eq!(told.attempts_left, left);
        true
    }

    /// A receipt counts exactly if it names one of the delivery's messages or none, or if there is a
    /// message whose id nobody told yet. What our own sender told always counts.
    fn book_tag(&mut self, step: &Step) {
        let Event::Progress(progress) = &step.call.event else {
            return;
        };
        let Some(case) = self.cases.iter_mut().find(|it| it.id == progress.challenge) else {
            return;
        };
        let number = progress.delivery;
        if case.forgotten || !case.statuses.contains_key(&number) {
            assert_eq!(step.transition.answer, Answer::Ignored);
            return;
        }
        let taken = step.transition.answer == Answer::Noted;
        let known = |(of, tag): &(u32, MessageTag)| *of == number && Some(*tag) == progress.message;
        let learnt = case.tags.iter().filter(|(of, _)| *of == number).count();
        let unlearnt = learnt < case.sends.get(&number).copied().unwrap_or(1);
        let own = matches!(progress.source, Source::Sender(_));
        let belongs = progress.message.is_none() || own || unlearnt || case.tags.iter().any(known);
        assert_eq!(taken, belongs, "{progress:?}");
        let learnt = progress.message.filter(|_| taken && !case.tags.iter().any(known));
        case.tags.extend(learnt.map(|tag| (number, tag)));
    }

    /// Every window of every message, over all of history.
    fn judge_messages(&self, rules: &Rules) {
        for window in &rules.recipient {
            let most = window.count.get() as usize;
            for &(end, _) in &self.messages {
                let inside = self.messages.iter();
                let inside = inside.filter(|(at, _)| *at <= end && *at + window.length > end);
                let unproven = inside.clone().filter(|(_, unproven)| *unproven);
                assert!(inside.count() <= most, "{window:?}");
                assert!(unproven.count() <= most.div_ceil(2), "{window:?}, unproven");
            }
        }
    }

    fn judge_cases(&mut self, step: &Step, tally: &mut Tally) {
        assert!(step.after.challenges.iter().all(|it| self.case(&it.id).is_some()));
        for case in &mut self.cases {
            match find(step.after, &case.id) {
                Some(recorded) => case.judge(recorded, step),
                None if case.pruned => {}
                None => {
                    assert!(case.forgotten, "pruned early");
                    case.pruned = true;
                    tally.raise("challenge forgotten".into());
                }
            }
        }
        let live = self.cases.iter().filter(|case| case.is_live()).count();
        let recorded = step.after.challenges.iter().filter(|it| it.is_live());
        assert_eq!(live, recorded.count(), "issued = concluded + live");
        assert_eq!(live > 0, step.after.number.is_some(), "sealed while live");
        if step.transition.next.is_some() {
            assert_eq!(step.after.changed_at, step.now);
        }
    }

    fn judge_alarm(&self, step: &Step, tally: &mut Tally) {
        let live = step.after.challenges.iter().filter(|it| it.is_live());
        let expiry = live.map(|it| it.expires_at).min();
        let alarm = step.after.alarm(step.rules);
        assert_eq!(alarm.is_some(), expiry.is_some());
        assert!(alarm <= expiry);
        if !matches!(step.call.event, Event::Alarm) {
            return;
        }
        assert!(alarm.is_none_or(|next| next > step.now), "a busy loop");
        match step.before.alarm(step.rules) {
            Some(due) if due <= step.now => tally.raise("alarm on time".into()),
            _ => {
                assert!(step.transition.next.is_none(), "nothing was due");
                tally.raise("alarm early".into());
            }
        }
    }
}

impl Case {
    /// A message was asked for, and not too soon after the one before.
    fn ask(&mut self, rules: &Rules, now: Time) {
        if let Some(last) = self.asked.last() {
            let waits = &rules.policy(self.flow.purpose).waits;
            let wait = waits.get(self.asked.len() - 1).expect("no wait is left");
            assert!(*last + *wait <= now, "asked within the wait");
        }
        self.asked.push(now);
    }

    fn judge(&self, recorded: &Challenge, step: &Step) {
        assert_eq!(recorded.conclusion, self.conclusion, "a conclusion is final");
        assert!(self.is_live() || self.verified == u32::from(self.state() == State::Verified));
        assert!(self.verified <= 1);
        assert_eq!(recorded.attempts_used, self.wrong);
        assert!(self.wrong <= self.budget);
        assert_eq!(self.wrong == self.budget, self.state() == State::Exhausted);
        assert!(self.statuses.len() <= 4);
        let statuses = recorded.deliveries.iter().map(|it| (it.number, it.status));
        assert!(statuses.eq(self.statuses.iter().map(|(number, status)| (*number, *status))));
        let digests = recorded.deliveries.iter();
        let digests: Vec<_> = digests
            .flat_map(|it| it.digests.iter().map(|digest| (it.number, digest.clone())))
            .collect();
        if self.is_live() {
            let mut codes = self.codes.clone();
            codes.sort_by_key(|(number, _)| *number);
            assert_eq!(digests, codes);
            assert!(recorded.expires_at > step.now, "expired and live");
            let life = step.rules.policy(self.flow.purpose).max_life;
            assert!(recorded.expires_at <= self.issued_at + life);
        } else {
            assert!(digests.is_empty() && recorded.language.is_empty(), "erased");
            assert_eq!(recorded.resend_at, None);
        }
    }

    fn is_over(&self, step: &Step) -> bool {
        let concluded = self.conclusion.map(|it| it.at);
        concluded.is_some_and(|at| at + step.rules.retention <= step.now)
    }

    fn state(&self) -> State {
        self.conclusion.map_or(State::Pending, |it| it.state)
    }
}

fn find<'a>(record: &'a Recipient, id: &ChallengeId) -> Option<&'a Challenge> {
    record.challenges.iter().find(|it| it.id == *id)
}
