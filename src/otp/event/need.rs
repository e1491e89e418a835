//! What the machine lacks to go on, and what it is given.

use std::time::Duration;

use super::Limit;
use crate::otp::{
    country::Country,
    digest::{Digest, Recipe},
    id::{ChallengeId, DeliveryRef, MessageTag},
    kinds::Channel,
    toll::{Destination, Hit},
};

/// What the machine lacks to go on. The caller of the machine gets it, adds it to the supply and
/// asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// A fresh code's digest, made by this recipe.
    Fresh(Recipe),
    /// The digest of the guess, made by this recipe.
    Guess(Recipe),
    /// The verdict of the limits on shared keys.
    Verdict,
    /// What the rules against toll fraud say to a text message.
    Clearance(Text),
    /// That this message's delivery can be found by the message, before the record knows it.
    Remember {
        /// The provider's message.
        message: MessageTag,
        /// Its delivery.
        delivery: DeliveryRef,
    },
}

/// What has been got for the machine so far.
#[derive(Clone, Debug, Default)]
pub struct Supply {
    /// Digests of fresh codes, in the order they were drawn.
    pub fresh: Vec<Fresh>,
    /// The digest of the guess.
    pub guess: Option<Digest>,
    /// What the shared limits say.
    pub verdict: Option<Verdict>,
    /// What the rules against toll fraud say to text messages.
    pub cleared: Vec<Cleared>,
    /// The roads that are closed now.
    pub closed: Vec<ClosedRoad>,
    /// The message whose delivery can be found by it.
    pub remembered: Option<MessageTag>,
}

/// What the rules against toll fraud say to a text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The message.
    pub text: Text,
    /// The rules in its way, as they were asked: those that are only observed, and at most one that is
    /// enforced, which ends the asking.
    pub hits: Vec<Hit>,
}

/// A text message that is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Of which challenge, and which of its deliveries.
    pub delivery: DeliveryRef,
    /// Whether it goes out a second time, since its sender fell silent: it may be paid for twice.
    pub again: bool,
    /// Where it goes.
    pub to: Destination,
}

/// A road that is closed: messages had better go by another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedRoad {
    /// The channel,
    pub channel: Channel,
    /// and who serves it.
    pub sender: String,
    /// For numbers of this country only.
    pub country: Option<Country>,
}

/// The digest of a code that was drawn for a challenge.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The code's digest.
    pub digest: Digest,
}

/// What a limit on a shared key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// Not now.
    Refused {
        /// Which limit.
        limit: Limit,
        /// How long to wait.
        wait: Duration,
    },
}
