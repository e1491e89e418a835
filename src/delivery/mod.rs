//! The roads out: one small file a sender, and receipts normalised to one form.
//!
//! A sender knows its provider's wire format and what its answers mean. The rest of the house sees
//! meanings ([`FailureReason`], [`DeliveryStatus`]), never vendor codes.

pub mod reaction;

pub mod pace;

pub mod language;

pub mod http_client;

pub mod refusal;

pub mod inspection;

pub mod whatsapp;

pub mod sms;

use std::time::Duration;

use async_trait::async_trait;

pub use inspection::{Inspection, Verdict};
pub use refusal::{Cause, Refusal};

use crate::otp::{Channel, Code, DeliveryRef, DeliveryStatus, FailureReason, PhoneNumber, Time};

/// Carries messages on one channel.
#[async_trait]
pub trait Messenger: Send + Sync + 'static {
    /// The configured provider's name, as deliveries and metrics show it.
    fn name(&self) -> &'static str;

    /// The channel it serves.
    fn channel(&self) -> Channel;

    /// Resolves when the sender's own pace allows the next message.
    async fn turn(&self);

    /// Tries once to hand a message to the provider, for at most `limit`. Never retries by itself.
    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError>;
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// To whom.
    pub to: PhoneNumber,
    /// What it carries.
    pub code: Code,
    /// Language asked for, BCP 47, may be empty.
    pub language: String,
    /// Travels to the provider and comes back with each receipt.
    pub delivery: DeliveryRef,
    /// How long the code works from now on.
    pub lives_for: Duration,
}

/// The provider took the message.
#[derive(Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's id of it. May hold the phone number: hash it before it is kept or logged.
    pub message_id: String,
}

/// The provider did not take the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.as_str())]
pub struct SendError {
    /// What it means.
    pub reason: FailureReason,
    /// Whether another try of the same message may help.
    pub again: Again,
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
    /// Nobody knows whether it went out (no answer in time): try again, and if that leads nowhere,
    /// the message counts as silent rather than failed.
    Unclear,
}

/// What a provider's callback says.
#[derive(Clone, PartialEq, Eq)]
pub enum Callback {
    /// How far a message got.
    Receipt(Receipt),
    /// The recipient tapped "I didn't request a code" under this message.
    NotRequested {
        /// The provider's id of the message.
        message_id: String,
    },
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
    /// Why it failed, if it did.
    pub failure: Option<FailureReason>,
    /// When, by the provider's clock, if it says so.
    pub at: Option<Time>,
}

/// A callback that is not in its provider's form. Says nothing of what stood in it, which may be a
/// phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback is malformed: {0}")]
pub struct Malformed(pub &'static str);
