//! Which road a message takes: a step of the plan, and who serves it.

use super::turn::Turn;
use crate::otp::{
    country::Country,
    event::{Cause, Cleared, ClosedRoad, Issue, Need, Text},
    id::{ChallengeId, DeliveryRef},
    kinds::{Arm, Channel},
    ledger::DAY,
    toll::{Destination, Hit},
};

/// The sender of a test number's deliveries.
const TEST_SENDER: &str = "test";

/// A step of the plan and who serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Road {
    pub step: usize,
    pub channel: Channel,
    pub sender: String,
}

/// A message that looks for its road.
#[derive(Clone, Copy)]
pub(super) struct Traveller {
    pub challenge: ChallengeId,
    pub number: u32,
    pub arm: Arm,
    pub to: Destination,
    /// Its sender fell silent, and it is sent again.
    pub again: bool,
}

impl Traveller {
    /// The first message of a challenge that is about to begin.
    pub(super) fn first(issue: &Issue, arm: Arm) -> Self {
        Self { challenge: issue.new_id, number: 1, arm, to: issue.destination, again: false }
    }

    /// As a text message.
    pub(super) fn text(&self) -> Text {
        let delivery = DeliveryRef { challenge: self.challenge, number: self.number };
        Text { delivery, again: self.again, to: self.to }
    }
}

/// Why there is no road: none at all, or a rule against toll fraud stands on the last.
pub(super) type NoRoad = Option<Hit>;

impl Turn<'_> {
    /// A number known not to be on WhatsApp is believed so for a day.
    pub(super) fn is_reachable(&self, channel: Channel) -> bool {
        let off = self.next.off_whatsapp_since;
        channel != Channel::Whatsapp || off.is_none_or(|since| self.now.since(since) >= DAY)
    }

    /// The roads of one channel, as a step of the plan, in the order in which they are to be tried.
    pub(super) fn roads_of(&self, arm: Arm, step: usize, channel: Channel) -> Vec<Road> {
        let road = |sender: &str| Road { step, channel, sender: sender.to_owned() };
        match arm {
            Arm::Test => vec![road(TEST_SENDER)],
            Arm::None => self.rules.senders(channel).iter().map(|sender| road(sender)).collect(),
        }
    }

    /// Those of them that a challenge may take, after what became of its messages.
    pub(super) fn roads_for(&self, at: usize, step: usize, channel: Channel) -> Vec<Road> {
        let challenge = self.challenge(at);
        let mut roads = self.roads_of(challenge.arm, step, channel);
        if let Some(only) = challenge.bound_to(channel) {
            roads.retain(|road| road.sender == only);
        }
        roads
    }

    /// The roads from a step of the plan on, but for those that don't reach the number.
    pub(super) fn roads(&self, at: usize, from: usize) -> Vec<Road> {
        let steps = self.challenge(at).plan.iter().enumerate().skip(from);
        let reachable = steps.filter(|(_, channel)| self.is_reachable(**channel));
        reachable.flat_map(|(step, channel)| self.roads_for(at, step, *channel)).collect()
    }

    /// What is left of the roads at the step where the plan stands, if it was the sender that failed.
    pub(super) fn roads_beside(&self, at: usize, cause: Cause) -> Vec<Road> {
        let challenge = self.challenge(at);
        let (Cause::Sender, Some(current)) = (cause, challenge.current()) else {
            return Vec::new();
        };
        let mut roads = self.roads_for(at, challenge.step, current.channel);
        // Of a sender that is configured no more, all are left.
        if let Some(left) = roads.iter().position(|road| road.sender == current.sender) {
            roads.drain(..=left);
        }
        roads
    }

    /// The next message of a challenge.
    pub(super) fn traveller(&self, at: usize) -> Traveller {
        let challenge = self.challenge(at);
        Traveller {
            challenge: challenge.id,
            number: challenge.deliveries.len() as u32 + 1,
            arm: challenge.arm,
            to: self.next.destination,
            again: false,
        }
    }

    /// A message that has its delivery: the first of it, or the one that it is sent again by.
    pub(super) fn traveller_of(&self, at: usize, number: u32, again: bool) -> Traveller {
        Traveller { number, again, ..self.traveller(at) }
    }

    /// The first road that is open; where all are closed, the first: better a message that may fail
    /// than none. Where no text message may be sent, the same without those.
    pub(super) fn choose(
        &self,
        traveller: Traveller,
        roads: &[Road],
    ) -> Result<Result<Road, NoRoad>, Need> {
        let Some(road) = self.first_open(traveller.to.country, roads) else {
            return Ok(Err(None));
        };
        if road.channel != Channel::Sms || traveller.arm == Arm::Test {
            return Ok(Ok(road));
        }
        match self.clearance(traveller)?.iter().copied().find(|hit| hit.enforced) {
            Some(hit) => Ok(self.without_texts(traveller, roads).ok_or(Some(hit))),
            None => Ok(Ok(road)),
        }
    }

    /// The first road that is open and on which nobody pays for a text message.
    pub(super) fn without_texts(&self, traveller: Traveller, roads: &[Road]) -> Option<Road> {
        let rest = roads.iter().filter(|road| road.channel != Channel::Sms).cloned();
        self.first_open(traveller.to.country, &rest.collect::<Vec<_>>())
    }

    fn first_open(&self, country: Country, roads: &[Road]) -> Option<Road> {
        let closed = &self.supply.closed;
        let is_open = |road: &&Road| !closed.iter().any(|closed| closed.is(road, country));
        roads.iter().find(is_open).or(roads.first()).cloned()
    }

    /// What the rules against toll fraud say to it as a text message; has to be asked for once.
    pub(super) fn clearance(&self, traveller: Traveller) -> Result<&[Hit], Need> {
        let cleared = self.cleared(traveller).ok_or(Need::Clearance(traveller.text()))?;
        Ok(&cleared.hits)
    }

    /// What they have said, if they were asked.
    pub(super) fn cleared(&self, traveller: Traveller) -> Option<&Cleared> {
        let text = traveller.text();
        self.supply.cleared.iter().find(|cleared| cleared.text == text)
    }
}

impl ClosedRoad {
    fn is(&self, road: &Road, country: Country) -> bool {
        let concerned = self.country.is_none_or(|closed| closed == country);
        self.channel == road.channel && self.sender == road.sender && concerned
    }
}
