//! One turn of the machine: the record before, what is known, and the record as it becomes.

use std::time::Duration;

use super::{Answered, Recipient, Said};
use crate::otp::{
    challenge::Challenge,
    event::{
        Answer, Event, Fact, FactKind, Issued, Labels, Limit, Need, Operation, Refusal, Resent,
        Send, Supply, Transition,
    },
    id::{ChallengeId, RecipientKey},
    kinds::{Arm, Purpose},
    ledger::{Flow, FlowKey},
    policy::{Policy, Rules},
    time::Time,
};

/// How long a call's answer is given again to a retry.
const REPLAY: Duration = Duration::from_secs(600);

/// Most live challenges, and most concluded ones, that a record holds. The limits of a recipient
/// keep far below it; it bounds what test numbers and generous configurations can pile up.
pub(super) const MAX_CHALLENGES: usize = 64;

/// The workbench of one event.
pub(super) struct Turn<'a> {
    pub place: &'a RecipientKey,
    pub rules: &'a Rules,
    pub supply: &'a Supply,
    pub now: Time,
    pub next: Recipient,
    pub facts: Vec<Fact>,
    pub sends: Vec<Send>,
}

impl Recipient {
    /// Applies an event: the only place where anything about a challenge changes.
    ///
    /// `place` is the record's own key, `now` the store's time of the load. Says what it needs
    /// if it can't go on with what `supply` holds; the same event with more supply goes further.
    /// Applying an event again to its own result changes nothing more.
    pub fn on(
        &self,
        place: &RecipientKey,
        event: &Event,
        rules: &Rules,
        supply: &Supply,
        now: Time,
    ) -> Result<Transition, Need> {
        let mut turn = Turn {
            place,
            rules,
            supply,
            // Replicas and failovers may bring an earlier time; the record never goes back.
            now: now.max(self.changed_at),
            next: self.clone(),
            facts: Vec::new(),
            sends: Vec::new(),
        };
        turn.expire();
        let answer = match event {
            Event::Issue(issue) => turn.issue(issue)?,
            Event::Resend {
                operation,
                caller,
                challenge,
                channel,
            } => turn.resend(operation, caller, challenge, *channel)?,
            Event::Guess {
                operation,
                caller,
                challenge,
                subject,
                purpose,
                transaction,
            } => {
                let bound = (subject.as_deref(), *purpose);
                turn.guess(operation, caller, challenge, bound, transaction.as_ref())?
            }
            Event::Cancel { caller, challenge } => turn.cancel(caller, challenge),
            Event::Look { caller, challenge } => turn.look(caller, challenge),
            Event::Report {
                caller,
                challenge,
                outcome,
                at,
            } => turn.report(caller, challenge, *outcome, *at),
            Event::Progress(progress) => turn.progress(progress)?,
            Event::NotRequested { challenge } => turn.not_requested(challenge),
            Event::Alarm => turn.alarm()?,
        };
        Ok(turn.finish(self, answer))
    }

    /// When somebody must look at the record next; `None` if no challenge is live.
    pub fn alarm(&self, rules: &Rules) -> Option<Time> {
        let live = self
            .challenges
            .iter()
            .filter(|challenge| challenge.is_live());
        live.map(|challenge| challenge.due(rules)).min()
    }
}

impl Turn<'_> {
    fn finish(mut self, before: &Recipient, answer: Answer) -> Transition {
        if self.next == *before {
            return Transition {
                next: None,
                answer,
                facts: self.facts,
                sends: self.sends,
            };
        }
        self.next.changed_at = self.now;
        self.prune();
        Transition {
            next: Some(self.next),
            answer,
            facts: self.facts,
            sends: self.sends,
        }
    }

    /// Forgets what nobody may ask for any more.
    fn prune(&mut self) {
        let (now, rules, next) = (self.now, self.rules, &mut self.next);
        next.messages.prune(&rules.recipient, now);
        next.operations
            .retain(|answered| now.since(answered.at) < REPLAY);
        next.flows
            .iter_mut()
            .for_each(|flow| flow.ledger.prune(now));
        next.flows.retain(|flow| !flow.is_blank(now));
        next.challenges.retain(|challenge| {
            let concluded = challenge.conclusion.as_ref();
            concluded.is_none_or(|conclusion| now.since(conclusion.at) < rules.retention)
        });
        let concluded = next
            .challenges
            .iter()
            .filter(|challenge| !challenge.is_live())
            .count();
        let mut surplus = concluded.saturating_sub(MAX_CHALLENGES);
        next.challenges.retain(|challenge| {
            let drop = surplus > 0 && !challenge.is_live();
            surplus -= usize::from(drop);
            !drop
        });
    }

    /// Where a challenge stands in the record, if this caller may see it.
    pub fn visible(&self, caller: &str, id: &ChallengeId) -> Option<usize> {
        let found = self.find(id)?;
        (self.next.challenges[found].flow.caller == caller).then_some(found)
    }

    /// Where a challenge stands in the record.
    pub fn find(&self, id: &ChallengeId) -> Option<usize> {
        self.next
            .challenges
            .iter()
            .position(|challenge| challenge.id == *id)
    }

    pub fn challenge(&self, at: usize) -> &Challenge {
        &self.next.challenges[at]
    }

    pub fn policy(&self, at: usize) -> &Policy {
        self.rules.policy(self.challenge(at).flow.purpose)
    }

    /// What is remembered of a flow, if anything.
    pub fn flow(&self, key: &FlowKey) -> Option<&Flow> {
        self.next.flows.iter().find(|flow| flow.key == *key)
    }

    /// What is remembered of a flow, to be changed.
    pub fn flow_mut(&mut self, key: &FlowKey) -> &mut Flow {
        let flows = &mut self.next.flows;
        let at = flows
            .iter()
            .position(|flow| flow.key == *key)
            .unwrap_or_else(|| {
                flows.push(Flow::new(key.clone()));
                flows.len() - 1
            });
        &mut flows[at]
    }

    pub fn locked_until(&self, key: &FlowKey) -> Option<Time> {
        self.flow(key)?
            .ledger
            .locked_until(&self.rules.ledger, self.now)
    }

    /// Guesses left: by the challenge, and by its flow's ledger, whichever are fewer.
    pub fn attempts_left(&self, at: usize) -> u32 {
        let challenge = self.challenge(at);
        let by_ledger = match self.flow(&challenge.flow) {
            Some(flow) => flow.ledger.remaining(&self.rules.ledger, self.now),
            None => u32::MAX,
        };
        challenge.attempts_left().min(by_ledger)
    }

    /// Messages left: by the challenge, and by the recipient's limits, whichever are fewer.
    pub fn messages_left(&self, at: usize) -> u32 {
        let challenge = self.challenge(at);
        challenge
            .messages_left()
            .min(self.room(challenge.arm, challenge.flow.purpose))
    }

    /// The labels under which a challenge is counted.
    fn labels(&self, at: usize) -> Labels {
        let challenge = self.challenge(at);
        Labels {
            purpose: challenge.flow.purpose,
            country: self.next.country,
            first_channel: challenge.first_channel(),
            arm: challenge.arm,
        }
    }

    /// Tells that something happened.
    pub fn tell(&mut self, at: usize, kind: FactKind) {
        let fact = Fact {
            challenge: self.challenge(at).id,
            labels: self.labels(at),
            at: self.now,
            kind,
        };
        self.facts.push(fact);
    }

    /// What a call was told before, `Err` if the call said something else then.
    pub fn answered(&self, operation: &Operation) -> Option<Result<&Answered, Refusal>> {
        let fresh = |answered: &&Answered| self.now.since(answered.at) < REPLAY;
        let mut operations = self.next.operations.iter().filter(fresh);
        let found = operations.find(|answered| answered.operation.id == operation.id)?;
        let same = found.operation.tag == operation.tag;
        Some(if same {
            Ok(found)
        } else {
            Err(Refusal::KeyReused)
        })
    }

    /// Remembers what a call is told.
    pub fn remember(&mut self, operation: &Operation, at: usize, said: Said) -> Answered {
        let challenge = self.challenge(at).id;
        let answered = Answered {
            operation: *operation,
            at: self.now,
            challenge,
            said,
        };
        self.next.operations.push(answered.clone());
        answered
    }

    /// Remembers what a call is told, and tells it.
    pub fn reply(&mut self, operation: &Operation, at: usize, said: Said) -> Answer {
        let answered = self.remember(operation, at, said);
        self.again(&answered)
    }

    /// The answer that a remembered one stands for.
    pub fn again(&self, answered: &Answered) -> Answer {
        let challenge = self.find(&answered.challenge).map(|at| self.challenge(at));
        match (answered.said, challenge) {
            (
                Said::Issued {
                    expires_at,
                    resend_at,
                    reused,
                    attempts_left,
                    message_sent,
                    messages_left,
                },
                Some(challenge),
            ) => Answer::Issued(Issued {
                challenge: challenge.id,
                length: challenge.length,
                expires_at,
                resend_at,
                first_channel: challenge.first_channel(),
                reused,
                attempts_left,
                message_sent,
                messages_left,
            }),
            (
                Said::Resent {
                    expires_at,
                    resend_at,
                    channel,
                    attempts_left,
                    messages_left,
                },
                _,
            ) => Answer::Resent(Resent {
                expires_at,
                resend_at,
                channel,
                attempts_left,
                messages_left,
            }),
            (
                Said::Guessed {
                    outcome,
                    attempts_left,
                    resend_at,
                },
                challenge,
            ) => self.guessed_again(outcome, attempts_left, resend_at, challenge),
            // Its challenge left the record: as if it had never been.
            (Said::Issued { .. }, None) => Answer::Refused(Refusal::NotFound),
        }
    }

    /// The lock of a flow, if it is closed.
    pub fn lock(&self, key: &FlowKey) -> Option<Closed> {
        self.locked_until(key).map(|until| (Limit::Locked, until))
    }

    /// The limit of the recipient, if it leaves no room for a message.
    pub fn full(&self, arm: Arm, purpose: Purpose) -> Option<Closed> {
        let opens = || {
            let messages = &self.next.messages;
            messages.opens(&self.rules.recipient, purpose, self.now)
        };
        (self.room(arm, purpose) == 0).then(|| (Limit::Recipient, opens()))
    }

    /// No, if one of these is closed. The last to open is named, so that who waits for it finds
    /// all of them open.
    pub fn refused_by(&self, closed: impl IntoIterator<Item = Option<Closed>>) -> Option<Answer> {
        let last = closed.into_iter().flatten().max_by_key(|&(_, opens)| opens);
        last.map(|(limit, opens)| self.limited(limit, opens))
    }

    pub fn limited(&self, limit: Limit, opens: Time) -> Answer {
        Answer::Refused(Refusal::Limited {
            limit,
            wait: opens.since(self.now),
        })
    }
}

/// A limit and the time at which it opens.
pub(super) type Closed = (Limit, Time);
