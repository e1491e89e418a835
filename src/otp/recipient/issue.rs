//! A caller asks for a code.

use super::{
    Said,
    prune::MAX_CHALLENGES,
    road::{Road, Traveller},
    turn::Turn,
};
use crate::otp::{
    challenge::Challenge,
    event::{Answer, FactKind, Issue, Limit, Need, Refusal, Verdict},
    kinds::{Arm, Channel, ConclusionReason, Route, State, TimelineEvent},
    time::Time,
};

impl Turn<'_> {
    pub(super) fn issue(&mut self, issue: &Issue) -> Result<Answer, Need> {
        if let Some(answer) = self.replay(&issue.operation) {
            return Ok(answer);
        }
        let pending = self.next.challenges.iter();
        let mut pending = pending.enumerate().filter(|(_, c)| c.is_live() && c.flow == issue.flow);
        match pending.next().map(|(at, challenge)| (at, challenge.transaction == issue.transaction))
        {
            Some((at, true)) => self.reuse(at, issue),
            Some((at, false)) => self.begin(issue, Some(at)),
            None => self.begin(issue, None),
        }
    }

    /// The same challenge again: asking twice never buys more guesses, and a message goes out only
    /// when a resend would.
    fn reuse(&mut self, at: usize, issue: &Issue) -> Result<Answer, Need> {
        if let Some(until) = self.locked_until(&issue.flow) {
            // By then the challenge may be over, and what holds a new one counts as well.
            let is_over = until >= self.challenge(at).expires_at;
            let held = is_over.then(|| self.refuse_to_begin(issue, None)).flatten();
            return Ok(held.unwrap_or_else(|| self.limited(Limit::Locked, until)));
        }
        let wait_is_over = self.challenge(at).resend_at.is_some_and(|time| time <= self.now);
        let may_send = wait_is_over && self.messages_left(at) > 0;
        let message_sent = may_send && self.verdict(self.challenge(at).arm)? == Verdict::Allowed;
        if message_sent {
            match self.ask(at, issue.channel)? {
                Ok(_) => {}
                // Like any other limit: the challenge is there, and no message goes out.
                Err(Refusal::Limited { .. }) => return Ok(self.issued(issue, at, true, false)),
                Err(refusal) => return Ok(Answer::Refused(refusal)),
            }
        }
        Ok(self.issued(issue, at, true, message_sent))
    }

    /// A new challenge, in the place of `old` if its flow had one for another transaction.
    fn begin(&mut self, issue: &Issue, old: Option<usize>) -> Result<Answer, Need> {
        if let Some(answer) = self.refuse_to_begin(issue, old) {
            return Ok(answer);
        }
        let (plan, route) = self.plan_for(issue);
        let roads = self.roads_from_start(issue, &plan);
        if let Verdict::Refused { limit, wait } = self.verdict(Self::arm(issue))? {
            return Ok(Answer::Refused(Refusal::Limited { limit, wait }));
        }
        let road = match self.choose(Traveller::first(issue, Self::arm(issue)), &roads)? {
            Ok(road) => road,
            Err(why) => return Ok(Answer::Refused(Refusal::no_road(why, plan[0]))),
        };
        // Where the caller asked for the channel, that is the reason whoever serves it.
        let led_elsewhere = road != roads[0] && route != Route::Requested;
        let route = if led_elsewhere { Route::CircuitOpen } else { route };
        if let Some(old) = old {
            self.conclude(old, State::Superseded, ConclusionReason::NewTransaction, None);
        }
        self.next.number = Some(issue.number.clone());
        self.next.masked.clone_from(&issue.masked);
        self.next.destination = issue.destination;
        self.next.challenges.push(self.blank(issue, plan));
        let at = self.next.challenges.len() - 1;
        self.next.challenges[at].note(self.now, TimelineEvent::Issued, 0);
        self.next.challenges[at].step = road.step;
        self.asked(at);
        let story = self.facts.len();
        self.enqueue(at, &road, route)?;
        self.tell(at, FactKind::Issued);
        // The story begins with it, though its labels (the first channel) are known only now.
        self.facts[story..].rotate_right(1);
        Ok(self.issued(issue, at, false, true))
    }

    fn refuse_to_begin(&self, issue: &Issue, old: Option<usize>) -> Option<Answer> {
        let flow = &issue.flow;
        // The wait doesn't hold a new payment; the recipient's limit does.
        let waiting = self.flow(flow).filter(|_| old.is_none());
        self.held([
            (Limit::Recipient, self.crowded_until()),
            (Limit::Recipient, self.full_until(Self::arm(issue), flow.purpose)),
            (Limit::ResendWait, waiting.and_then(|flow| flow.wait_until)),
            (Limit::Locked, self.locked_until(flow)),
        ])
    }

    /// Until when the record takes no more challenges, if it is full of live ones.
    fn crowded_until(&self) -> Option<Time> {
        let live = self.next.challenges.iter().filter(|c| c.is_live());
        let ends = live.map(|challenge| challenge.expires_at);
        let crowded = ends.clone().count() >= MAX_CHALLENGES;
        ends.min().filter(|_| crowded)
    }

    fn arm(issue: &Issue) -> Arm {
        if issue.test { Arm::Test } else { Arm::None }
    }

    /// The steps to take and why the first one is what it is. A channel asked for is the whole plan.
    fn plan_for(&self, issue: &Issue) -> (Vec<Channel>, Route) {
        if let Some(channel) = issue.channel {
            return (vec![channel], Route::Requested);
        }
        let plan = &self.rules.policy(issue.flow.purpose).plan;
        let reachable: Vec<_> = plan.iter().copied().filter(|&c| self.is_reachable(c)).collect();
        match reachable.first() {
            // Better a message that may fail than none.
            None => (plan.clone(), Route::Plan),
            Some(first) if *first == plan[0] => (reachable, Route::Plan),
            Some(_) => (reachable, Route::NotOnWhatsapp),
        }
    }

    /// Every road of a plan.
    fn roads_from_start(&self, issue: &Issue, plan: &[Channel]) -> Vec<Road> {
        let steps = plan.iter().enumerate();
        steps.flat_map(|(step, channel)| self.roads_of(Self::arm(issue), step, *channel)).collect()
    }

    fn blank(&self, issue: &Issue, plan: Vec<Channel>) -> Challenge {
        let policy = self.rules.policy(issue.flow.purpose);
        Challenge {
            id: issue.new_id,
            flow: issue.flow.clone(),
            issued_at: self.now,
            expires_at: self.now + policy.ttl.min(policy.max_life),
            resend_at: None,
            asked: 0,
            max_attempts: policy.max_attempts,
            attempts_used: 0,
            length: policy.length,
            profile: policy.profile,
            key_id: issue.key_id.clone(),
            transaction: issue.transaction,
            details: issue.details.clone(),
            language: issue.language.clone(),
            plan,
            step: 0,
            arm: Self::arm(issue),
            deliveries: Vec::new(),
            timeline: Vec::new(),
            conclusion: None,
            flow_outcome: None,
        }
    }

    fn issued(&mut self, issue: &Issue, at: usize, reused: bool, message_sent: bool) -> Answer {
        let said = Said::Issued {
            expires_at: self.challenge(at).expires_at,
            resend_at: self.challenge(at).resend_at,
            reused,
            attempts_left: self.attempts_left(at),
            message_sent,
            messages_left: self.messages_left(at),
        };
        // A call without a name that sent nothing has no retry to be answered.
        let keep = message_sent || issue.named;
        self.reply(&issue.operation, at, said, keep)
    }
}
