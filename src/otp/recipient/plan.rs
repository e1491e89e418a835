//! The plan of a challenge: putting a message on its way, and moving on when a step fails.

use std::time::Duration;

use super::{
    road::{NoRoad, Road},
    turn::Turn,
};
use crate::otp::{
    challenge::Delivery,
    digest::Digest,
    event::{Cause, FactKind, Need, Refusal, Send, Verdict},
    kinds::{Arm, Channel, ConclusionReason, DeliveryStatus, Purpose, Route, State, TimelineEvent},
    time::Time,
    toll::Hit,
};

impl Turn<'_> {
    /// What the limits on shared keys say; has to be asked for once.
    pub(super) fn verdict(&self, arm: Arm) -> Result<Verdict, Need> {
        match arm {
            Arm::Test => Ok(Verdict::Allowed),
            Arm::None => self.supply.verdict.ok_or(Need::Verdict),
        }
    }

    /// Messages that the recipient's limits still allow.
    pub(super) fn room(&self, arm: Arm, purpose: Purpose) -> u32 {
        match arm {
            Arm::Test => u32::MAX,
            Arm::None => self.next.messages.room(&self.rules.recipient, purpose, self.now),
        }
    }

    /// Until when the recipient's limits allow no message, if they allow none now.
    pub(super) fn full_until(&self, arm: Arm, purpose: Purpose) -> Option<Time> {
        let opens = || {
            let messages = &self.next.messages;
            messages.opens(&self.rules.recipient, purpose, self.now)
        };
        (self.room(arm, purpose) == 0).then(opens)
    }

    /// Another message on the caller's wish: by the channel asked for, else at the step that the
    /// plan has reached, or the next one if WhatsApp is known by now not to reach the number.
    pub(super) fn ask(
        &mut self,
        at: usize,
        wanted: Option<Channel>,
    ) -> Result<Result<Channel, Refusal>, Need> {
        let challenge = self.challenge(at);
        let reached = challenge.step.min(challenge.plan.len().saturating_sub(1));
        let Some(&step_reached) = challenge.plan.get(reached) else {
            // No plan is empty, unless somebody had a hand in the record.
            return Ok(Err(Refusal::NoMessageLeft));
        };
        let mut roads = match wanted {
            Some(channel) => self.roads_for(at, reached, channel),
            None => self.roads(at, reached),
        };
        if wanted.is_none() && roads.is_empty() {
            // Better a message that may fail than none.
            roads = self.roads_for(at, reached, step_reached);
        }
        let road = match self.choose(self.traveller(at), &roads)? {
            Ok(road) => road,
            Err(why) => match self.way_back(at, wanted, why) {
                Some(road) => road,
                None => {
                    let channel = wanted.unwrap_or(step_reached);
                    return Ok(Err(Refusal::no_road(why, channel)));
                }
            },
        };
        let route = match wanted {
            Some(_) => Route::Requested,
            None if road.step <= reached => Route::Resend,
            None if self.is_reachable(step_reached) => Route::CircuitOpen,
            None => Route::NotOnWhatsapp,
        };
        let challenge = &mut self.next.challenges[at];
        challenge.step = road.step;
        if wanted.is_some() {
            // What the caller asks for is honoured and does not fall back: the plan ends with it.
            challenge.plan.truncate(road.step + 1);
            challenge.plan.push(road.channel);
            challenge.step += 1;
        }
        self.asked(at);
        self.enqueue(at, &road, route)?;
        Ok(Ok(road.channel))
    }

    /// Where no text message may be sent, the plan goes back to what it has left: a message that may
    /// arrive is better than none.
    fn way_back(&self, at: usize, wanted: Option<Channel>, why: NoRoad) -> Option<Road> {
        let withheld = why.is_some() && wanted.is_none();
        withheld.then(|| self.without_texts(self.traveller(at), &self.roads(at, 0))).flatten()
    }

    /// A message is asked for: the codes live longer, and the next message has to wait.
    pub(super) fn asked(&mut self, at: usize) {
        let (now, policy) = (self.now, self.policy(at).clone());
        let challenge = &mut self.next.challenges[at];
        challenge.asked += 1;
        challenge.expires_at = (now + policy.ttl).min(challenge.issued_at + policy.max_life);
        let asked = challenge.asked as usize;
        let wait = policy.waits.get(asked - 1).copied();
        // A wait that outlives the challenge leads to no message.
        let opens = wait.map(|wait| now + wait);
        challenge.resend_at = opens.filter(|&opens| opens < challenge.expires_at);
        let hold = wait.or(policy.waits.last().copied()).unwrap_or(Duration::ZERO);
        let key = challenge.flow.clone();
        self.flow_mut(&key).wait_until = Some(now + hold);
    }

    /// Puts a message on its way, with a fresh code, and counts it.
    pub(super) fn enqueue(&mut self, at: usize, road: &Road, route: Route) -> Result<(), Need> {
        let (fresh, digest) = self.fresh(at)?;
        self.tell_hits(at);
        let arm = self.challenge(at).arm;
        let delivery = Delivery {
            number: self.challenge(at).deliveries.len() as u32 + 1,
            channel: road.channel,
            sender: road.sender.clone(),
            route,
            status: DeliveryStatus::Queued,
            failure: None,
            queued_at: self.now,
            updated_at: self.now,
            retry_at: self.now + self.rules.send_window,
            accepted_at: None,
            delivered_at: None,
            taken_over: false,
            perhaps_taken: false,
            messages: Vec::new(),
            reference: None,
            template: None,
            digests: vec![digest],
        };
        let number = delivery.number;
        let challenge = &mut self.next.challenges[at];
        challenge.deliveries.push(delivery);
        if challenge.messages_left() == 0 {
            challenge.resend_at = None;
        }
        challenge.note(self.now, TimelineEvent::DeliveryQueued, number);
        let purpose = challenge.flow.purpose;
        self.tell_delivery(at, number);
        if arm == Arm::Test {
            // As if sent, and there at once.
            self.reach(at, number, DeliveryStatus::Delivered, None);
        } else {
            self.next.messages.push(self.now, purpose);
            self.send(at, number, fresh);
        }
        Ok(())
    }

    /// Tells which rules against toll fraud stood in the way of the next message.
    fn tell_hits(&mut self, at: usize) {
        let cleared = self.cleared(self.traveller(at));
        let hits = cleared.map(|cleared| cleared.hits.clone()).unwrap_or_default();
        self.tell_withheld(at, &hits);
    }

    pub(super) fn tell_withheld(&mut self, at: usize, hits: &[Hit]) {
        for &Hit { rule, enforced, .. } in hits {
            self.tell(at, FactKind::TextWithheld { rule, enforced });
        }
    }

    /// Hands a delivery to its sender once the record is committed.
    pub(super) fn send(&mut self, at: usize, number: u32, fresh: usize) {
        let challenge = self.challenge(at);
        let delivery = challenge.delivery(number);
        if let (Some(delivery), Some(phone)) = (delivery, self.next.number.clone()) {
            let send = Send {
                challenge: challenge.id,
                delivery: number,
                channel: delivery.channel,
                sender: delivery.sender.clone(),
                caller: challenge.flow.caller.clone(),
                number: phone,
                country: self.next.destination.country,
                details: challenge.details.clone(),
                language: challenge.language.clone(),
                retry_at: delivery.retry_at,
                patience: self.policy(at).undelivered,
                fresh,
            };
            self.sends.push(send);
        }
    }

    /// The next fresh code drawn for this challenge whose digest no live code has. A test number's
    /// code is drawn once.
    pub(super) fn fresh(&self, at: usize) -> Result<(usize, Digest), Need> {
        let challenge = self.challenge(at);
        let fixed = challenge.deliveries.first().filter(|_| challenge.arm == Arm::Test);
        if let Some(digest) = fixed.and_then(|delivery| delivery.digests.first()) {
            return Ok((0, digest.clone()));
        }
        let taken: Vec<_> = self.sends.iter().map(|send| send.fresh).collect();
        let mut drawn = self.supply.fresh.iter().enumerate();
        let found = drawn.find(|(index, fresh)| {
            let new = challenge.find(&fresh.digest).is_none();
            fresh.challenge == challenge.id && new && !taken.contains(index)
        });
        let found = found.map(|(index, fresh)| (index, fresh.digest.clone()));
        found.ok_or_else(|| Need::Fresh(challenge.recipe(self.place)))
    }

    /// Leaves a message behind that did not get on, whosever failure that was: goes on with another
    /// sender of the same channel where it was the sender's, else with the next step, if there is
    /// one, there is room for its message and no lock makes it useless. Whatever becomes of it, the
    /// plan never comes back to what it left.
    pub(super) fn advance(&mut self, at: usize, reason: Route, cause: Cause) -> Result<(), Need> {
        let challenge = self.challenge(at);
        let (end, step) = (challenge.plan.len(), challenge.step);
        let left = challenge.current().map(|current| (current.channel, current.sender.clone()));
        let mut roads = self.roads_beside(at, cause);
        roads.extend(self.roads(at, step + 1));
        let may_go = self.messages_left(at) > 0 && !self.is_locked(at);
        let road = if may_go { self.choose(self.traveller(at), &roads)? } else { Err(None) };
        self.next.challenges[at].step = road.as_ref().map_or(end, |road| road.step);
        let (Ok(road), Some((channel, sender))) = (road, left) else {
            self.tell_hits(at);
            self.give_up_if_all_failed(at);
            return Ok(());
        };
        self.enqueue(at, &road, reason)?;
        let moved = match road.step == step {
            true => FactKind::ChangedSender { channel, from: sender, to: road.sender, reason },
            false => FactKind::FellBack { from: channel, to: road.channel, reason },
        };
        self.tell(at, moved);
        Ok(())
    }

    /// With every delivery failed and no step left there is nothing to wait for. A delivery that is
    /// merely silent may still arrive.
    pub(super) fn give_up_if_all_failed(&mut self, at: usize) {
        let challenge = self.challenge(at);
        let failed = |delivery: &Delivery| delivery.status == DeliveryStatus::Failed;
        let step_left = challenge.step < challenge.plan.len();
        if challenge.is_live() && !step_left && challenge.deliveries.iter().all(failed) {
            self.conclude(at, State::Undeliverable, ConclusionReason::NoChannelLeft, None);
        }
    }
}
