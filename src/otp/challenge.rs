//! A challenge: its deliveries, its history, its conclusion. Data and small questions; what changes
//! them lives in `recipient`.

use super::{
    digest::{Digest, Profile, Recipe, binding},
    event::{Cause, Failure},
    id::{ChallengeId, MessageTag, RecipientKey},
    keyring::Sealed,
    kinds::{
        Arm, Channel, ConclusionReason, DeliveryStatus, FlowOutcome, Route, State, TimelineEvent,
    },
    ledger::FlowKey,
    policy::MAX_DELIVERIES,
    time::Time,
};

/// Most lines that a timeline keeps.
pub const MAX_TIMELINE: usize = 32;

/// One challenge, pending or concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its public name.
    pub id: ChallengeId,
    /// Caller, purpose and subject: who may see it, and whose guesses it counts.
    pub flow: FlowKey,
    /// When it was issued.
    pub issued_at: Time,
    /// When it expires, if it is still pending then.
    pub expires_at: Time,
    /// From when another message may be asked for; `None` when no wait is left.
    pub resend_at: Option<Time>,
    /// Messages asked for (all but fallbacks).
    pub asked: u32,
    /// Wrong guesses that it bears.
    pub max_attempts: u32,
    /// Wrong guesses so far.
    pub attempts_used: u32,
    /// Digits of its codes.
    pub length: u8,
    /// How its codes are hashed.
    pub profile: Profile,
    /// The ring's key whose pepper its digests use.
    pub key_id: String,
    /// Keyed hash of its payment.
    pub transaction: Option<[u8; 16]>,
    /// What its messages show of the payment, while the challenge is live.
    pub details: Option<Sealed>,
    /// Language asked for, BCP 47, may be empty.
    pub language: String,
    /// The channels to try, in order.
    pub plan: Vec<Channel>,
    /// Where in the plan it stands; past its end when the plan is used up.
    pub step: usize,
    /// Experiment group.
    pub arm: Arm,
    /// Its messages, oldest first.
    pub deliveries: Vec<Delivery>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// How it ended, if it has.
    pub conclusion: Option<Conclusion>,
    /// What became of the flow after it, if reported.
    pub flow_outcome: Option<FlowOutcome>,
}

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The final state.
    pub state: State,
    /// Why.
    pub reason: ConclusionReason,
    /// When.
    pub at: Time,
    /// The number of the delivery whose code was given, if it was verified.
    pub used: Option<u32>,
}

/// One line of a challenge's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When.
    pub at: Time,
    /// What.
    pub event: TimelineEvent,
    /// The delivery's number, 0 if it concerns none.
    pub delivery: u32,
}

/// One message of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// From 1.
    pub number: u32,
    /// The road.
    pub channel: Channel,
    /// The configured provider.
    pub sender: String,
    /// Why this road.
    pub route: Route,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Why it failed, if it did, and whose failure it was.
    pub failure: Option<Failure>,
    /// When it was asked for.
    pub queued_at: Time,
    /// When its status last changed.
    pub updated_at: Time,
    /// While it is queued: when its sender is taken for dead.
    pub retry_at: Time,
    /// When the provider took it.
    pub accepted_at: Option<Time>,
    /// When it reached the phone.
    pub delivered_at: Option<Time>,
    /// Its first sender fell silent and another one sent it again.
    pub taken_over: bool,
    /// A provider may have taken a message of it, however it went on: it told of one, or its answer to a try
    /// broke off or left it open.
    pub perhaps_taken: bool,
    /// Its messages, as far as their ids are known.
    pub messages: Vec<MessageTag>,
    /// The provider's name for it, while the challenge is live and the provider waits to hear what
    /// becomes of the code.
    pub reference: Option<String>,
    /// The approved language that it was written in, while the challenge is live.
    pub template: Option<String>,
    /// Hashes of the codes it carried, while the challenge is live.
    pub digests: Vec<Digest>,
}

impl Challenge {
    /// Not concluded.
    pub fn is_live(&self) -> bool {
        self.conclusion.is_none()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.conclusion.map_or(State::Pending, |conclusion| conclusion.state)
    }

    /// The channel at which the plan started.
    pub fn first_channel(&self) -> Option<Channel> {
        self.deliveries.first().map(|delivery| delivery.channel)
    }

    /// The channel of the message whose code was given.
    pub fn used_channel(&self) -> Option<Channel> {
        let used = self.conclusion?.used?;
        self.delivery(used).map(|delivery| delivery.channel)
    }

    /// The delivery of a number.
    pub fn delivery(&self, number: u32) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.number == number)
    }

    /// The only sender of a channel that may still try, if one of its messages failed for the
    /// recipient: a fraud filter's verdict or a STOP is not got around by another sender.
    pub fn bound_to(&self, channel: Channel) -> Option<&str> {
        let mut deliveries = self.deliveries.iter().filter(|delivery| delivery.channel == channel);
        let failed = deliveries.find(|delivery| {
            delivery.failure.is_some_and(|failure| failure.cause == Cause::Recipient)
        });
        failed.map(|delivery| &*delivery.sender)
    }

    /// Messages that the challenge itself still allows.
    pub fn messages_left(&self) -> u32 {
        MAX_DELIVERIES.saturating_sub(self.deliveries.len()) as u32
    }

    /// Wrong guesses that the challenge itself still bears.
    pub fn attempts_left(&self) -> u32 {
        self.max_attempts.saturating_sub(self.attempts_used)
    }

    /// How the digest of any of its codes is made.
    pub fn recipe(&self, recipient: &RecipientKey) -> Recipe {
        Recipe {
            challenge: self.id,
            profile: self.profile,
            key_id: self.key_id.clone(),
            length: self.length,
            binding: binding(recipient, self.flow.purpose, self.transaction.as_ref()),
        }
    }

    /// The delivery that carried a code with this digest. Looks at every digest, whatever it finds,
    /// so that time tells nothing.
    pub fn find(&self, digest: &Digest) -> Option<u32> {
        self.deliveries.iter().fold(None, |found, delivery| {
            let matched = delivery.digests.iter().fold(false, |m, kept| kept.matches(digest) | m);
            if matched { Some(delivery.number) } else { found }
        })
    }

    /// The delivery at which the plan stands: the newest one.
    pub fn current(&self) -> Option<&Delivery> {
        self.deliveries.last()
    }

    /// Adds a line of history; the oldest lines make room, but for the first.
    pub fn note(&mut self, at: Time, event: TimelineEvent, delivery: u32) {
        if self.timeline.len() == MAX_TIMELINE {
            self.timeline.remove(1);
        }
        self.timeline.push(TimelineEntry { at, event, delivery });
    }
}

impl Delivery {
    /// Whether a provider took a message of it, or may have.
    pub fn may_have_gone(&self) -> bool {
        let is_refused = self.status == DeliveryStatus::Failed && self.accepted_at.is_none();
        !is_refused || self.perhaps_taken
    }
}
