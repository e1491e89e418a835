//! Takes note of what happens, and judges it on the way in.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Naive, Step, find, roads::judge_blame};
use crate::otp::{
    challenge::Challenge,
    event::{Answer, Event, Fact, FactKind, Guessed, Source},
    id::{ChallengeId, MessageTag},
    kinds::{ConclusionReason, DeliveryStatus, State, VerifyOutcome},
    policy::Rules,
    recipient::model::tally::Tally,
    time::Time,
};

impl Naive {
    pub(super) fn book_fact(&mut self, fact: &Fact, step: &Step) {
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
            FactKind::TextWithheld { enforced, .. } => {
                assert_eq!(step.call.hit.map(|hit| hit.enforced), Some(*enforced));
                assert!(!case.test, "nobody pays for a test number");
            }
            FactKind::FellBack { .. } | FactKind::Locked { .. } | FactKind::Issued => {}
            FactKind::ChangedSender { from, to, .. } => {
                assert_ne!(from, to);
                judge_blame(step);
            }
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
            taken: BTreeSet::new(),
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
    pub(super) fn book_sends(&mut self, step: &Step, tally: &mut Tally) {
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
    pub(super) fn book_answer(&mut self, outcome: Option<VerifyOutcome>, step: &Step) {
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
        if let Some(operation) = step.call.event.operation().filter(|_| remember) {
            self.heard.push((*operation, now, answer.clone()));
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
        let locks = step.transition.facts.iter().filter_map(|fact| match fact.kind {
            FactKind::Locked { until } => Some(until),
            _ => None,
        });
        let locked = self.locked_until(rules, &flow, now).filter(|_| !right);
        assert_eq!(locks.collect::<Vec<_>>(), Vec::from_iter(locked), "a lock is told once");
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
    pub(super) fn book_tag(&mut self, step: &Step) {
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
        let taken = matches!(step.transition.answer, Answer::Noted | Answer::News(_));
        let known = |(of, tag): &(u32, MessageTag)| *of == number && Some(*tag) == progress.message;
        let learnt = case.tags.iter().filter(|(of, _)| *of == number).count();
        let unlearnt = learnt < case.sends.get(&number).copied().unwrap_or(1);
        let own = matches!(progress.source, Source::Sender(_));
        let belongs = progress.message.is_none() || own || unlearnt || case.tags.iter().any(known);
        assert_eq!(taken, belongs, "{progress:?}");
        let learnt = progress.message.filter(|_| taken && !case.tags.iter().any(known));
        case.tags.extend(learnt.map(|tag| (number, tag)));
        // After the end, or after its time, it changes nothing: what was charged is settled.
        let was_live = find(step.before, &case.id).is_some_and(Challenge::is_live);
        let is_late = case.conclusion.is_some_and(|it| it.reason == ConclusionReason::Time);
        let before = find(step.before, &case.id).and_then(|it| it.delivery(number));
        let of_first = |at| before.is_some_and(|it| it.retry_at != at);
        let is_told = match progress.source {
            Source::Receipt(_) => true,
            Source::Sender(at) => progress.perhaps_taken && !of_first(at),
        };
        if taken && is_told && was_live && !is_late {
            case.taken.insert(number);
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
}
