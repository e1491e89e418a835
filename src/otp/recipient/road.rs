//! Which road a message takes: a step of the plan, and who serves it.

use super::turn::Turn;
use crate::otp::{
    country::Country,
    event::{Cause, ClosedRoad},
    kinds::{Arm, Channel},
    ledger::DAY,
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

    /// The first road that is open; where all are closed, the first: better a message that may fail
    /// than none.
    pub(super) fn choose(&self, country: Country, roads: &[Road]) -> Option<Road> {
        let closed = &self.supply.closed;
        let is_open = |road: &&Road| !closed.iter().any(|closed| closed.is(road, country));
        roads.iter().find(is_open).or(roads.first()).cloned()
    }
}

impl ClosedRoad {
    fn is(&self, road: &Road, country: Country) -> bool {
        let concerned = self.country.is_none_or(|closed| closed == country);
        self.channel == road.channel && self.sender == road.sender && concerned
    }
}
