//! What goes into the machine and what comes out of it: events here; beside them what it needs to
//! go on, what it answers, and what follows.

mod failure;

mod need;

mod answer;

mod follow;

use super::{
    id::{ChallengeId, MessageTag, OperationId},
    keyring::Sealed,
    kinds::{Channel, DeliveryStatus, FlowOutcome, Purpose},
    ledger::FlowKey,
    time::Time,
    toll::Destination,
};
pub use answer::{Answer, Carried, Guessed, Issued, Limit, Refusal, Resent, Seen};
pub use failure::{Cause, Failure};
pub use follow::{Fact, FactKind, Feedback, Labels, Send, Settlement, Testimony, Transition};
pub use need::{Cleared, ClosedRoad, Fresh, Need, Supply, Text, Verdict};

/// Names a call and recognises what it said, so that a retry gets the first answer again and
/// another call under the same name does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// From the caller's idempotency key, or random.
    pub id: OperationId,
    /// Keyed hash of the call's fields (and code).
    pub tag: [u8; 12],
    /// Random, of this very attempt: tells an answer that was ours from one that a twin got.
    pub by: [u8; 8],
}

/// A demand for a code.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The call.
    pub operation: Operation,
    /// Caller, purpose and subject.
    pub flow: FlowKey,
    /// The id of the challenge, should one begin.
    pub new_id: ChallengeId,
    /// The number, sealed, for the sender.
    pub number: Sealed,
    /// The number as it may be shown.
    pub masked: String,
    /// Where text messages to it go, as far as the rules against toll fraud go by it.
    pub destination: Destination,
    /// The payment to approve.
    pub transaction: Option<[u8; 16]>,
    /// What messages show of it, sealed for `new_id`.
    pub details: Option<Sealed>,
    /// BCP 47, may be empty.
    pub language: String,
    /// Only by this channel.
    pub channel: Option<Channel>,
    /// Whether the caller named the call: then a retry must be answered alike.
    pub named: bool,
    /// A configured test number: nothing is sent, no limit of messages applies.
    pub test: bool,
    /// The key whose pepper a new challenge uses.
    pub key_id: String,
}

/// Something that happened, or that somebody wants.
#[derive(Clone, Debug)]
pub enum Event {
    /// A caller asks for a code.
    Issue(Box<Issue>),
    /// A caller asks for another message.
    Resend {
        /// The call.
        operation: Operation,
        /// Who asks.
        caller: String,
        /// Of which challenge.
        challenge: ChallengeId,
        /// Only by this channel.
        channel: Option<Channel>,
    },
    /// A person's guess. Its digest comes with the supply once the machine asks for it.
    Guess {
        /// The call.
        operation: Operation,
        /// Who asks.
        caller: String,
        /// At which challenge.
        challenge: ChallengeId,
        /// If given, must be the challenge's.
        subject: Option<String>,
        /// If given, must be the challenge's.
        purpose: Option<Purpose>,
        /// The payment that is about to be made.
        transaction: Option<[u8; 16]>,
    },
    /// A caller ends a challenge.
    Cancel {
        /// Who asks.
        caller: String,
        /// Which.
        challenge: ChallengeId,
    },
    /// A caller reads a challenge.
    Look {
        /// Who asks.
        caller: String,
        /// Which.
        challenge: ChallengeId,
    },
    /// A caller tells what became of the flow.
    Report {
        /// Who tells.
        caller: String,
        /// Of which challenge.
        challenge: ChallengeId,
        /// What became of it.
        outcome: FlowOutcome,
        /// When, if told.
        at: Option<Time>,
    },
    /// What became of a delivery, by its own sender or by a provider's receipt.
    Progress(Progress),
    /// The recipient tapped "I didn't request a code".
    NotRequested {
        /// The challenge whose message it was.
        challenge: ChallengeId,
    },
    /// Time has come to look at what is due.
    Alarm,
}

impl Event {
    /// The caller, if it is a call.
    pub fn caller(&self) -> Option<&str> {
        match self {
            Self::Issue(issue) => Some(&issue.flow.caller),
            Self::Resend { caller, .. }
            | Self::Guess { caller, .. }
            | Self::Cancel { caller, .. }
            | Self::Look { caller, .. }
            | Self::Report { caller, .. } => Some(caller),
            Self::Progress(_) | Self::NotRequested { .. } | Self::Alarm => None,
        }
    }

    /// Whether it asks for a message.
    pub fn asks_for_a_message(&self) -> bool {
        matches!(self, Self::Issue(_) | Self::Resend { .. })
    }

    /// The call that it is, if it is one that may be retried.
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Issue(issue) => Some(&issue.operation),
            Self::Resend { operation, .. } | Self::Guess { operation, .. } => Some(operation),
            _ => None,
        }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The delivery's number.
    pub delivery: u32,
    /// Who says so.
    pub source: Source,
    /// The provider's message, if known.
    pub message: Option<MessageTag>,
    /// The provider's name for the message, where it wants to hear by it what became of the code.
    pub reference: Option<String>,
    /// The approved language that it was written in, where there is one: our own sender knows.
    pub template: Option<String>,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// Whether the answer to a try of it broke off or left it open, so that it may have been taken, however
    /// this went.
    pub perhaps_taken: bool,
}

/// Who tells of a delivery's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Our own sender: the provider's answer to the send. The time is the delivery's `retry_at` as
    /// the sender knew it; once the delivery is taken over, its failures are nobody's.
    Sender(Time),
    /// A provider's callback, with the provider's time of it; [`Time::LATEST`] if it told none.
    Receipt(Time),
}
