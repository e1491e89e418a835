//! Time has come: sends whose sender fell silent, steps whose evidence is due.

use super::turn::Turn;
use crate::otp::{
    challenge::{Challenge, Delivery},
    event::{Answer, Cause, FactKind, Need},
    kinds::{Arm, Channel, DeliveryStatus, FailureReason, Route, TimelineEvent},
    policy::{Policy, Rules},
    time::Time,
    toll::Hit,
};

impl Challenge {
    /// When somebody must look at it next.
    pub(super) fn due(&self, rules: &Rules) -> Time {
        let queued = self.deliveries.iter().filter(|d| d.status == DeliveryStatus::Queued);
        let silent = queued.map(|delivery| delivery.retry_at);
        let evidence = self.evidence(rules.policy(self.flow.purpose)).map(|(at, _)| at);
        silent.chain(evidence).fold(self.expires_at, Time::min)
    }

    /// When the plan leaves the step at which it stands, and why.
    fn evidence(&self, policy: &Policy) -> Option<(Time, Route)> {
        let current = self.current()?;
        let silent = matches!(current.status, DeliveryStatus::Accepted | DeliveryStatus::Sent);
        let undelivered = current.accepted_at.filter(|_| silent).map(|at| at + policy.undelivered);
        // These two only matter while there is a step to go to; silence is worth telling anyway.
        let step_left = self.step + 1 < self.plan.len();
        let unread = policy.unread.zip(current.delivered_at);
        let unread = unread.filter(|_| step_left && current.status == DeliveryStatus::Delivered);
        let unverified = policy.unverified.zip(current.accepted_at).filter(|_| step_left);
        let due = [
            undelivered.map(|at| (at, Route::Undelivered)),
            unread.map(|(wait, at)| (at + wait, Route::Unread)),
            unverified.map(|(wait, at)| (at + wait, Route::Unverified)),
        ];
        due.into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

impl Turn<'_> {
    pub(super) fn alarm(&mut self) -> Result<Answer, Need> {
        for at in 0..self.next.challenges.len() {
            self.look_after_sends(at)?;
            // An alarm that comes late may find one piece of evidence behind another.
            while self.look_at_evidence(at)? {}
        }
        Ok(Answer::Noted)
    }

    /// A delivery still queued when its time is up has lost its sender. It is sent again once, with
    /// a fresh code; lost a second time, while its flow is locked, or where a rule against toll fraud
    /// withholds it, it counts as silent.
    fn look_after_sends(&mut self, at: usize) -> Result<(), Need> {
        let now = self.now;
        let lost = |d: &&Delivery| d.status == DeliveryStatus::Queued && d.retry_at <= now;
        let numbers: Vec<_> =
            self.challenge(at).deliveries.iter().filter(lost).map(|d| d.number).collect();
        for number in numbers {
            let delivery = self.challenge(at).delivery(number);
            if !self.challenge(at).is_live() {
                break;
            }
            let taken_over = delivery.is_some_and(|delivery| delivery.taken_over);
            if taken_over || self.is_locked(at) {
                self.fall_silent(at, number)?;
            } else {
                self.take_over(at, number)?;
            }
        }
        Ok(())
    }

    fn fall_silent(&mut self, at: usize, number: u32) -> Result<(), Need> {
        self.reach(at, number, DeliveryStatus::TimedOut, Some(FailureReason::Unavailable.into()));
        match self.challenge(at).current() {
            Some(current) if current.number == number => {
                self.advance(at, Route::Undelivered, Cause::Sender)
            }
            _ => Ok(()),
        }
    }

    fn take_over(&mut self, at: usize, number: u32) -> Result<(), Need> {
        let hits = self.hits_again(at, number)?.to_vec();
        self.tell_withheld(at, &hits);
        if hits.iter().any(|hit| hit.enforced) {
            return self.fall_silent(at, number);
        }
        let (fresh, digest) = self.fresh(at)?;
        let (now, retry_at) = (self.now, self.now + self.rules.send_window);
        let challenge = &mut self.next.challenges[at];
        challenge.note(now, TimelineEvent::SendTakenOver, number);
        if let Some(delivery) = challenge.deliveries.iter_mut().find(|d| d.number == number) {
            delivery.taken_over = true;
            delivery.retry_at = retry_at;
            delivery.digests.push(digest);
        }
        self.tell(at, FactKind::TakenOver { number });
        self.send(at, number, fresh);
        Ok(())
    }

    /// What stands in the way of a text message's second try.
    fn hits_again(&self, at: usize, number: u32) -> Result<&[Hit], Need> {
        let challenge = self.challenge(at);
        let is_text = challenge.delivery(number).is_some_and(|it| it.channel == Channel::Sms);
        match is_text && challenge.arm == Arm::None {
            true => self.clearance(self.traveller_of(at, number, true)),
            false => Ok(&[]),
        }
    }

    /// Acts on what is due at the step where the plan stands; `false` if nothing is.
    fn look_at_evidence(&mut self, at: usize) -> Result<bool, Need> {
        let challenge = self.challenge(at);
        let evidence = challenge.evidence(self.policy(at));
        let due = evidence.filter(|(time, _)| challenge.is_live() && *time <= self.now);
        let (Some((_, reason)), Some(current)) = (due, challenge.current()) else {
            return Ok(false);
        };
        let number = current.number;
        if reason == Route::Undelivered {
            self.reach(at, number, DeliveryStatus::TimedOut, None);
        }
        // Nothing says that its sender failed.
        self.advance(at, reason, Cause::Recipient)?;
        Ok(true)
    }
}
