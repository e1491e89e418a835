//! The machine: all that the service knows of one phone number, and the only place where anything
//! about a challenge changes.
//!
//! [`Recipient::on`] takes an event and the time and gives the next record, an answer and what is
//! to follow. `turn` is its workbench. The files after it are each one kind of event, from `plan` on
//! what several of them do.

mod turn;

mod issue;

mod resend;

mod guess;

mod progress;

mod alarm;

mod road;

mod plan;

mod conclude;

mod replay;

mod prune;

#[cfg(test)]
mod promises;

#[cfg(test)]
mod model;

use super::{
    challenge::Challenge,
    event::Operation,
    id::ChallengeId,
    keyring::Sealed,
    kinds::{Channel, VerifyOutcome},
    ledger::Flow,
    limits::MessageLog,
    time::Time,
    toll::Destination,
};

/// Everything known of one recipient. One record in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// When it last changed: the machine's clock never goes back behind it.
    pub changed_at: Time,
    /// The number as it may be shown.
    pub masked: String,
    /// Where text messages to it go.
    pub destination: Destination,
    /// The number, while a challenge is live.
    pub number: Option<Sealed>,
    /// Since when the number is known not to be on WhatsApp.
    pub off_whatsapp_since: Option<Time>,
    /// Messages that count against the recipient's limit.
    pub messages: MessageLog,
    /// Failure ledger and resend wait of each caller, purpose and subject.
    pub flows: Vec<Flow>,
    /// Live challenges and what is left of concluded ones, oldest first.
    pub challenges: Vec<Challenge>,
    /// Calls already answered.
    pub operations: Vec<Answered>,
}

/// A call and what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The call.
    pub operation: Operation,
    /// When.
    pub at: Time,
    /// The challenge it concerned.
    pub challenge: ChallengeId,
    /// What it was told.
    pub said: Said,
}

impl Answered {
    /// The call caused no message and used no attempt: a retry without this answer does no harm.
    fn cost_nothing(&self) -> bool {
        matches!(self.said, Said::Issued { message_sent: false, .. })
    }
}

/// What a call was told, as far as the challenge itself doesn't say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// To `Issue`.
    Issued {
        /// When the challenge was to expire.
        expires_at: Time,
        /// From when another message could be asked for.
        resend_at: Option<Time>,
        /// It was pending already.
        reused: bool,
        /// Guesses left.
        attempts_left: u32,
        /// A message went out.
        message_sent: bool,
        /// Messages left.
        messages_left: u32,
    },
    /// To `Resend`.
    Resent {
        /// When the challenge was to expire.
        expires_at: Time,
        /// From when another message could be asked for.
        resend_at: Option<Time>,
        /// The new message's channel.
        channel: Channel,
        /// Guesses left.
        attempts_left: u32,
        /// Messages left.
        messages_left: u32,
    },
    /// To `Guess`.
    Guessed {
        /// What became of it.
        outcome: VerifyOutcome,
        /// Guesses left.
        attempts_left: u32,
        /// From when another message could be asked for.
        resend_at: Option<Time>,
    },
}
