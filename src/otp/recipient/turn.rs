//! One turn of the machine: the record before, what is known, and the record as it becomes.

use super::{Recipient, prune::is_kept};
use crate::otp::{
    challenge::Challenge,
    event::{
        Answer, Event, Fact, FactKind, Feedback, Labels, Limit, Need, Refusal, Send, Settlement,
        Supply, Transition,
    },
    id::{ChallengeId, RecipientKey},
    ledger::{Flow, FlowKey, Ledger},
    policy::{Policy, Rules},
    time::Time,
};

/// The workbench of one event.
pub(super) struct Turn<'a> {
    pub place: &'a RecipientKey,
    pub rules: &'a Rules,
    pub supply: &'a Supply,
    pub now: Time,
    pub next: Recipient,
    pub facts: Vec<Fact>,
    pub sends: Vec<Send>,
    pub feedback: Vec<Feedback>,
    pub settlements: Vec<Settlement>,
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
            feedback: Vec::new(),
            settlements: Vec::new(),
        };
        turn.expire();
        let answer = match event {
            Event::Issue(issue) => turn.issue(issue)?,
            Event::Resend { operation, caller, challenge, channel } => {
                turn.resend(operation, caller, challenge, *channel)?
            }
            Event::Guess { operation, caller, challenge, subject, purpose, transaction } => {
                let bound = (subject.as_deref(), *purpose);
                turn.guess(operation, caller, challenge, bound, transaction.as_ref())?
            }
            Event::Cancel { caller, challenge } => turn.cancel(caller, challenge),
            Event::Look { caller, challenge } => turn.look(caller, challenge),
            Event::Report { caller, challenge, outcome, at } => {
                turn.report(caller, challenge, *outcome, *at)
            }
            Event::Progress(progress) => turn.progress(progress)?,
            Event::NotRequested { challenge } => turn.not_requested(challenge),
            Event::Alarm => turn.alarm()?,
        };
        Ok(turn.finish(self, answer))
    }

    /// When somebody must look at the record next; `None` if no challenge is live.
    pub fn alarm(&self, rules: &Rules) -> Option<Time> {
        let live = self.challenges.iter().filter(|challenge| challenge.is_live());
        live.map(|challenge| challenge.due(rules)).min()
    }
}

impl Turn<'_> {
    fn finish(mut self, before: &Recipient, answer: Answer) -> Transition {
        let changed = self.next != *before;
        if changed {
            self.next.changed_at = self.now;
            self.prune();
        }
        let Self { next, facts, sends, feedback, settlements, .. } = self;
        Transition { next: changed.then_some(next), answer, facts, sends, feedback, settlements }
    }

    /// Where a challenge stands in the record, if this caller may see it.
    pub fn visible(&self, caller: &str, id: &ChallengeId) -> Option<usize> {
        let found = self.find(id)?;
        (self.next.challenges[found].flow.caller == caller).then_some(found)
    }

    /// Where a challenge stands in the record, unless its time there is over: nobody can tell
    /// whether it was pruned already.
    pub fn find(&self, id: &ChallengeId) -> Option<usize> {
        let mut challenges = self.next.challenges.iter();
        challenges.position(|it| it.id == *id && is_kept(it, self.rules, self.now))
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
        let at = flows.iter().position(|flow| flow.key == *key).unwrap_or_else(|| {
            flows.push(Flow::new(key.clone()));
            flows.len() - 1
        });
        &mut flows[at]
    }

    pub fn locked_until(&self, key: &FlowKey) -> Option<Time> {
        self.flow(key)?.ledger.locked_until(&self.rules.ledger, self.now)
    }

    /// Whether a challenge's flow is locked: no guess is compared, and nothing is sent.
    pub fn is_locked(&self, at: usize) -> bool {
        self.locked_until(&self.challenge(at).flow).is_some()
    }

    /// Guesses left: by the challenge, and by its flow's ledger, whichever are fewer.
    pub fn attempts_left(&self, at: usize) -> u32 {
        let challenge = self.challenge(at);
        // Of a flow that is forgotten the ledger is blank, and bears what a blank one does.
        let blank = Ledger::default();
        let ledger = self.flow(&challenge.flow).map_or(&blank, |flow| &flow.ledger);
        let by_ledger = ledger.remaining(&self.rules.ledger, self.now);
        challenge.attempts_left().min(by_ledger)
    }

    /// Messages left: by the challenge, and by the recipient's limits, whichever are fewer.
    pub fn messages_left(&self, at: usize) -> u32 {
        let challenge = self.challenge(at);
        challenge.messages_left().min(self.room(challenge.arm, challenge.flow.purpose))
    }

    /// The labels under which a challenge is counted.
    fn labels(&self, at: usize) -> Labels {
        let challenge = self.challenge(at);
        Labels {
            purpose: challenge.flow.purpose,
            country: self.next.destination.country,
            first_channel: challenge.first_channel(),
            arm: challenge.arm,
        }
    }

    /// Tells that something happened.
    pub fn tell(&mut self, at: usize, kind: FactKind) {
        let fact =
            Fact { challenge: self.challenge(at).id, labels: self.labels(at), at: self.now, kind };
        self.facts.push(fact);
    }

    /// No, because of the limit that holds longest, if any holds: who waits that long succeeds.
    pub fn held<const N: usize>(&self, limits: [(Limit, Option<Time>); N]) -> Option<Answer> {
        let limits = limits.into_iter();
        let holding = limits.filter_map(|(limit, until)| Some((limit, until?)));
        let (limit, until) = holding.max_by_key(|(_, until)| *until)?;
        (until > self.now).then(|| self.limited(limit, until))
    }

    /// No, because of a limit that opens at `opens`.
    pub fn limited(&self, limit: Limit, opens: Time) -> Answer {
        Answer::Refused(Refusal::Limited { limit, wait: opens.since(self.now) })
    }
}
