//! The end of a challenge, and what may be asked of it after.

use std::time::Duration;

use super::turn::Turn;
use crate::otp::{
    challenge::{Conclusion, Delivery},
    event::{Answer, FactKind, Feedback, Refusal, Seen, Settlement, Testimony},
    id::ChallengeId,
    kinds::{Arm, Channel, ConclusionReason, DeliveryStatus, FlowOutcome, State, TimelineEvent},
    ledger::DAY,
    time::Time,
};

/// How long a person who has a text message may take to type its code before they count as one who did
/// not, should the caller end the challenge.
const TIME_TO_TYPE: Duration = Duration::from_secs(60);

/// How far a caller's clock may be off the store's.
const SKEW: Duration = Duration::from_secs(5);

impl Turn<'_> {
    /// Ends a challenge, once and for all, and erases what only a live one needs: digests,
    /// languages and details of a payment, and with the last live challenge the number and its prefix.
    pub(super) fn conclude(
        &mut self,
        at: usize,
        state: State,
        reason: ConclusionReason,
        used: Option<u32>,
    ) {
        let now = self.now;
        let challenge = &mut self.next.challenges[at];
        challenge.conclusion = Some(Conclusion { state, reason, at: now, used });
        challenge.resend_at = None;
        challenge.language.clear();
        challenge.details = None;
        for delivery in &mut challenge.deliveries {
            delivery.digests.clear();
            delivery.template = None;
            let (channel, sender) = (delivery.channel, delivery.sender.clone());
            let used = used == Some(delivery.number);
            let feedback = |reference| Feedback { channel, sender, reference, used };
            self.feedback.extend(delivery.reference.take().map(feedback));
        }
        challenge.note(now, TimelineEvent::Concluded, used.unwrap_or(0));
        let after = now.since(challenge.issued_at);
        let used_channel = challenge.used_channel();
        self.tell(at, FactKind::Concluded { state, reason, used_channel, after });
        self.settle(at, state, reason);
        if !self.next.challenges.iter().any(|challenge| challenge.is_live()) {
            self.next.number = None;
            self.next.destination.prefix = None;
        }
    }

    /// Tells the rules against toll fraud what became of a challenge's text messages.
    fn settle(&mut self, at: usize, state: State, reason: ConclusionReason) {
        let challenge = self.challenge(at);
        let texts = challenge.deliveries.iter().filter(|it| it.channel == Channel::Sms);
        let (sent, refused): (Vec<_>, Vec<_>) = texts.partition(|it| it.may_have_gone());
        if challenge.arm == Arm::Test || sent.is_empty() && refused.is_empty() {
            return;
        }
        // What is known of a delivery that was taken over is known of its second message; the first may
        // have gone out.
        let again = sent.iter().chain(&refused).filter(|it| it.taken_over);
        let first = again.map(|it| self.traveller_of(at, it.number, false).text());
        let last = |it: &&Delivery| self.traveller_of(at, it.number, it.taken_over).text();
        let texts: Vec<_> = sent.iter().map(last).chain(first).collect();
        let settlement = Settlement {
            to: self.next.destination,
            refused: refused.iter().map(last).collect(),
            testimony: match state {
                State::Verified => (!texts.is_empty()).then_some(Testimony::Verified),
                _ => self.testimony(&sent, reason),
            },
            texts,
        };
        self.settlements.push(settlement);
    }

    /// What these text messages, whose code nobody gave back, tell of where they went. Nobody is said to have
    /// kept silent unless a provider took one for certain: the silence may be the provider's.
    fn testimony(&self, sent: &[&Delivery], reason: ConclusionReason) -> Option<Testimony> {
        let is_taken = sent.iter().any(|it| it.accepted_at.is_some());
        let is_on_its_way = sent.iter().any(|it| it.status == DeliveryStatus::Queued);
        let is_old = |at: Time| self.now.since(at) > TIME_TO_TYPE;
        let had_time = sent.iter().any(|it| it.accepted_at.is_some_and(is_old));
        let by_caller =
            matches!(reason, ConclusionReason::Caller | ConclusionReason::NewTransaction);
        match by_caller && !had_time {
            true => (is_taken || is_on_its_way).then_some(Testimony::EndedEarly),
            false => is_taken.then_some(Testimony::Unverified),
        }
    }

    /// Any event after a challenge's time first records that it expired.
    pub(super) fn expire(&mut self) {
        for at in 0..self.next.challenges.len() {
            let challenge = self.challenge(at);
            if challenge.is_live() && challenge.expires_at <= self.now {
                self.conclude(at, State::Expired, ConclusionReason::Time, None);
            }
        }
    }

    pub(super) fn cancel(&mut self, caller: &str, challenge: &ChallengeId) -> Answer {
        let at = self.visible(caller, challenge);
        if let Some(at) = at.filter(|&at| self.challenge(at).is_live()) {
            self.conclude(at, State::Cancelled, ConclusionReason::Caller, None);
        }
        self.look(caller, challenge)
    }

    pub(super) fn not_requested(&mut self, challenge: &ChallengeId) -> Answer {
        match self.find(challenge).filter(|&at| self.challenge(at).is_live()) {
            Some(at) => {
                let reason = ConclusionReason::NotRequestedByRecipient;
                self.conclude(at, State::Cancelled, reason, None);
                Answer::Noted
            }
            None => Answer::Ignored,
        }
    }

    pub(super) fn look(&self, caller: &str, challenge: &ChallengeId) -> Answer {
        match self.visible(caller, challenge) {
            Some(at) => Answer::Challenge(Box::new(Seen {
                challenge: self.challenge(at).clone(),
                attempts_left: self.attempts_left(at),
                masked: self.next.masked.clone(),
            })),
            None => Answer::Refused(Refusal::NotFound),
        }
    }

    /// The first report of what became of the flow counts, for a day.
    pub(super) fn report(
        &mut self,
        caller: &str,
        challenge: &ChallengeId,
        outcome: FlowOutcome,
        told_at: Option<Time>,
    ) -> Answer {
        let Some(at) = self.visible(caller, challenge) else {
            return Answer::Refused(Refusal::NotFound);
        };
        let challenge = self.challenge(at);
        let lived = challenge.issued_at - SKEW..=self.now + SKEW;
        if told_at.is_some_and(|time| !lived.contains(&time)) {
            return Answer::Refused(Refusal::TimeOutOfRange);
        }
        let concluded = challenge.conclusion.as_ref();
        let in_time = concluded.is_none_or(|conclusion| self.now.since(conclusion.at) < DAY);
        if challenge.flow_outcome.is_some() || !in_time {
            return Answer::Ignored;
        }
        self.next.challenges[at].flow_outcome = Some(outcome);
        self.tell(at, FactKind::FlowReported(outcome));
        Answer::Noted
    }
}
