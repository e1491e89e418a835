//! The roads out: one small file a sender, and receipts normalised to one form.
//!
//! A sender knows its provider's wire format and what its answers mean. The rest of the house sees
//! meanings ([`FailureReason`], [`DeliveryStatus`]), never vendor codes.

pub mod reaction;

pub mod circuit;

pub mod turns;

pub mod pace;

pub mod language;

pub mod http_client;

pub mod refusal;

pub mod inspection;

#[cfg(feature = "aws")]
pub mod aws;

#[cfg(feature = "aws")]
pub mod aws_inspect;

pub mod whatsapp;

pub mod sms;

pub mod sns;

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;

pub use inspection::{Inspection, Verdict};
pub use refusal::{Refusal, Trouble};

use self::{circuit::Part, reaction::Reaction};
use crate::otp::{
    Channel, Code, DeliveryRef, DeliveryStatus, PhoneNumber, Time, transaction::Details,
};

/// Carries messages on one channel.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// The configured provider's name, as deliveries and metrics show it.
    fn name(&self) -> &'static str;

    /// The channel it serves.
    fn channel(&self) -> Channel;

    /// How fast it may send.
    fn pacing(&self) -> Pacing;

    /// The approved languages in which it can write to somebody who asked for `language` (BCP 47, may
    /// be empty), the nearest first. None for a sender that needs no approval.
    fn templates(&self, _language: &str) -> Vec<String> {
        Vec::new()
    }

    /// Whether its message, to somebody who asked for `language`, shows this payment whole beside a code
    /// of so many digits. A template's text is fixed and shows none.
    fn shows(&self, _details: &Details, _language: &str, _digits: u8) -> bool {
        false
    }

    /// Tries once to hand a message to the provider, for at most `limit`. Never retries by itself.
    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError>;

    /// Tells the provider what became of the code of an accepted message, by its
    /// [reference](Accepted::reference), so that its fraud filter learns from real completions.
    async fn conclude(&self, _reference: &str, _used: bool) {}
}

/// How fast a sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Messages a second, of this process.
    pub rate: NonZeroU32,
    /// Messages to one and the same recipient.
    pub pair: Option<PairLimit>,
}

/// How often one sending number may write to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairLimit {
    /// One message in this time,
    pub gap: Duration,
    /// but so many at once, borrowed from the future.
    pub burst: NonZeroU32,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// To whom.
    pub to: PhoneNumber,
    /// What it carries.
    pub code: Code,
    /// The payment that the code approves, to be shown where there is room.
    pub details: Option<Details>,
    /// Language asked for, BCP 47, may be empty.
    pub language: String,
    /// The approved language to write in, out of [`Messenger::templates`]; empty where there are none.
    pub template: String,
    /// Travels to the provider and comes back with each receipt.
    pub delivery: DeliveryRef,
    /// How long the code works from now on.
    pub lives_for: Duration,
}

/// The provider took the message.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id of it, as receipts will name it; `None` if the answer doesn't tell that one.
    /// May hold the phone number: hash it before it is kept or logged.
    pub message_id: Option<String>,
    /// Another id of it, which some callbacks name and nothing else.
    pub alias: Option<String>,
    /// The id by which the provider wants to hear what became of the code
    /// ([`Messenger::conclude`]). Kept readable while the challenge is live, so it must hold neither
    /// number nor code.
    pub reference: Option<String>,
}

impl Accepted {
    /// Taken, under this id.
    pub const fn named(message_id: String) -> Self {
        Self { message_id: Some(message_id), alias: None, reference: None }
    }
}

/// The provider did not take the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reaction.reason.as_str())]
pub struct SendError {
    /// What it means.
    pub reaction: Reaction,
    /// For the operator's log: the provider's code and words, without number and code.
    pub detail: String,
}

/// Whether to try the same message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It will fail again.
    No,
    /// One more try is worth it.
    Once,
    /// Quick retries are worth it.
    Yes,
    /// Quick retries are worth it. It failed, but nobody says at what (the provider does not, or a gateway
    /// answers for it), so it may have been taken.
    Doubtful,
    /// The exchange broke off and nobody knows whether the message went out: quick retries are worth
    /// it, and if they lead nowhere, it counts as silent rather than failed.
    Broken,
    /// Nobody knows, and another try is no better: there was no answer in time, or none that can be
    /// read. It counts as silent.
    Unclear,
}

/// What a provider's callback says.
#[derive(Clone, PartialEq, Eq)]
pub enum Callback {
    /// How far a message got.
    Receipt(Receipt),
    /// How far a message got, told by no name but the one that the provider answered to the send.
    Unnamed {
        /// That name: [`Accepted::alias`].
        message_id: String,
        /// How far it got.
        status: DeliveryStatus,
        /// What its failure means, if it failed.
        failure: Option<Reaction>,
        /// When, by the provider's clock, if it says so.
        at: Option<Time>,
    },
    /// The recipient tapped "I didn't request a code" under this message.
    NotRequested {
        /// The provider's id of the message.
        message_id: String,
    },
    /// Something that more than one message shares stopped working, or works again.
    Notice(Notice),
}

/// What a provider tells of an account, a number or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The provider's word for it, for log and metrics: one of a bounded set.
    pub event: &'static str,
    /// What it is about.
    pub part: Part,
    /// Whether it stopped, or works again.
    pub stopped: bool,
}

/// How far a message got, by its provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which delivery, as we named it to the provider.
    pub delivery: DeliveryRef,
    /// The provider's id of the message.
    pub message_id: String,
    /// How far it got.
    pub status: DeliveryStatus,
    /// What its failure means, if it failed.
    pub failure: Option<Reaction>,
    /// When, by the provider's clock, if it says so.
    pub at: Option<Time>,
}

/// A callback that is not in its provider's form. Says nothing of what stood in it, which may be a
/// phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback is malformed: {0}")]
pub struct Malformed(pub &'static str);
