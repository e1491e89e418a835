//! What goes into the machine and what comes out of it.

use std::time::Duration;

use super::{
    challenge::Challenge,
    digest::{Digest, Recipe},
    id::{ChallengeId, MessageTag, OperationId},
    keyring::SealedNumber,
    kinds::{
        Arm, Channel, ConclusionReason, DeliveryStatus, FailureReason, FlowOutcome, Purpose, Route,
        State, VerifyOutcome,
    },
    ledger::FlowKey,
    phone::Country,
    recipient::Recipient,
    time::Time,
};

/// Names a call and recognises what it said, so that a retry gets the first answer again and
/// another call under the same name does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// From the caller's idempotency key, or random.
    pub id: OperationId,
    /// Keyed hash of the call's fields (and code).
    pub tag: [u8; 12],
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
    pub number: SealedNumber,
    /// The number as it may be shown.
    pub masked: String,
    /// The number's country.
    pub country: Country,
    /// The payment to approve.
    pub transaction: Option<[u8; 16]>,
    /// BCP 47, may be empty.
    pub language: String,
    /// Only by this channel.
    pub channel: Option<Channel>,
    /// How long the fixed code is, for a configured test number: nothing is sent, no limit of
    /// messages applies.
    pub test: Option<u8>,
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

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The delivery's number.
    pub delivery: u32,
    /// Who says so.
    pub source: Source,
    /// The provider's message, if known.
    pub message: Option<MessageTag>,
    /// How far it got.
    pub status: DeliveryStatus,
    /// Why it failed, if it did.
    pub failure: Option<FailureReason>,
}

/// Who tells of a delivery's progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Our own sender: the provider's answer to the send.
    Sender,
    /// A provider's callback, with the provider's time of it; [`Time::LATEST`] if it told none.
    Receipt(Time),
}

/// What the machine lacks to go on. The caller of the machine gets it, adds it to the supply and
/// asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// A fresh code's digest, made by this recipe.
    Fresh(Recipe),
    /// The digest of the guess, made by this recipe. `attempts_left` bounds how many guesses at one
    /// challenge are worth hashing at once.
    Guess {
        /// How.
        recipe: Recipe,
        /// Guesses that can still count.
        attempts_left: u32,
    },
    /// The verdict of the limits on shared keys.
    Verdict,
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

/// The limits, by the names that callers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Messages to one recipient.
    Recipient,
    /// Messages for one subject of a caller.
    Subject,
    /// Messages asked for from one address.
    ClientIp,
    /// Messages asked for by one caller.
    Caller,
    /// The wait between two messages of a flow.
    ResendWait,
    /// Too many wrong guesses.
    Locked,
    /// The service has more to do than it can.
    Overloaded,
}

impl Limit {
    /// As metrics spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Subject => "subject",
            Self::ClientIp => "client_ip",
            Self::Caller => "caller",
            Self::ResendWait => "resend_wait",
            Self::Locked => "locked",
            Self::Overloaded => "overloaded",
        }
    }

    /// `ErrorInfo.reason`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Recipient => "RECIPIENT_LIMIT",
            Self::Subject => "SUBJECT_LIMIT",
            Self::ClientIp => "CLIENT_IP_LIMIT",
            Self::Caller => "CALLER_LIMIT",
            Self::ResendWait => "RESEND_WAIT",
            Self::Locked => "LOCKED",
            Self::Overloaded => "OVERLOADED",
        }
    }
}

/// The record after an event, and what follows from it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The next record; `None` if the event changed nothing.
    pub next: Option<Recipient>,
    /// What to tell who caused it.
    pub answer: Answer,
    /// What happened, for metrics, counters, logs and watchers.
    pub facts: Vec<Fact>,
    /// What to send once the record is committed.
    pub sends: Vec<Send>,
}

/// What an event's cause is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A challenge, new or reused.
    Issued(Issued),
    /// Another message.
    Resent(Resent),
    /// What became of a guess.
    Guessed(Box<Guessed>),
    /// The challenge as it is now.
    Challenge(Box<Seen>),
    /// It was taken in.
    Noted,
    /// It changed nothing, on purpose: a receipt of another message, an unknown delivery.
    Ignored,
    /// No.
    Refused(Refusal),
}

/// The answer to `Issue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The challenge.
    pub challenge: ChallengeId,
    /// Digits of its codes.
    pub length: u8,
    /// When it expires.
    pub expires_at: Time,
    /// From when another message may be asked for.
    pub resend_at: Option<Time>,
    /// Where the plan started.
    pub first_channel: Option<Channel>,
    /// It was pending already.
    pub reused: bool,
    /// Guesses left.
    pub attempts_left: u32,
    /// This call caused a message.
    pub message_sent: bool,
    /// Messages left.
    pub messages_left: u32,
}

/// The answer to `Resend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resent {
    /// When the challenge expires.
    pub expires_at: Time,
    /// From when another message may be asked for.
    pub resend_at: Option<Time>,
    /// The new message's channel.
    pub channel: Channel,
    /// Guesses left.
    pub attempts_left: u32,
    /// Messages left.
    pub messages_left: u32,
}

/// A challenge as its caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As it is recorded.
    pub challenge: Challenge,
    /// Guesses left, by challenge and ledger.
    pub attempts_left: u32,
    /// The number as it may be shown.
    pub masked: String,
}

/// The answer to `Guess`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guessed {
    /// What became of it.
    pub outcome: VerifyOutcome,
    /// Guesses left.
    pub attempts_left: u32,
    /// The verified number, the first time.
    pub number: Option<SealedNumber>,
    /// The challenge, when there is one this caller may see.
    pub challenge: Option<Challenge>,
    /// From when another message may be asked for, while pending.
    pub resend_at: Option<Time>,
    /// When a lock ends.
    pub unlocks_at: Option<Time>,
    /// Said before, to the same operation.
    pub replayed: bool,
}

/// Why an event was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A limit; who waits this long succeeds.
    Limited {
        /// Which.
        limit: Limit,
        /// How long.
        wait: Duration,
    },
    /// No challenge of this caller has this id.
    NotFound,
    /// It is concluded.
    Concluded(State),
    /// It has used its messages.
    NoMessageLeft,
    /// No sender is configured for the channel asked for.
    NoSender(Channel),
    /// The idempotency key was used with other fields.
    KeyReused,
    /// A guess at a transaction's code came without the transaction.
    TransactionMissing,
    /// A guess at a code for something else came with a transaction.
    TransactionUnexpected,
    /// A report's time lies before the challenge or in the future.
    TimeOutOfRange,
}

/// A message to hand to a sender, after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The challenge.
    pub challenge: ChallengeId,
    /// The delivery's number.
    pub delivery: u32,
    /// The road.
    pub channel: Channel,
    /// To whom.
    pub number: SealedNumber,
    /// BCP 47, may be empty.
    pub language: String,
    /// Past this no try may start.
    pub retry_at: Time,
    /// When the code stops working unless another is asked for.
    pub expires_at: Time,
    /// Which of the supply's fresh codes it carries.
    pub fresh: usize,
}

/// The labels under which a challenge is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Labels {
    /// What it is for.
    pub purpose: Purpose,
    /// The number's country.
    pub country: Country,
    /// Where its plan started.
    pub first_channel: Option<Channel>,
    /// Experiment group.
    pub arm: Arm,
}

/// Something that happened to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub challenge: ChallengeId,
    /// How it is counted.
    pub labels: Labels,
    /// When.
    pub at: Time,
    /// What.
    pub kind: FactKind,
}

/// What can happen to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// It began.
    Issued,
    /// A delivery reached a status.
    Delivery {
        /// Its number.
        number: u32,
        /// Its road.
        channel: Channel,
        /// Its sender.
        sender: String,
        /// How far it is.
        status: DeliveryStatus,
        /// Why it failed, if it did.
        failure: Option<FailureReason>,
        /// Time since it was asked for.
        after: Duration,
    },
    /// A delivery's sender fell silent and it is sent again.
    TakenOver {
        /// Its number.
        number: u32,
    },
    /// The plan moved on.
    FellBack {
        /// From this channel.
        from: Channel,
        /// To this one.
        to: Channel,
        /// Because.
        reason: Route,
    },
    /// A wrong guess was counted.
    GuessCounted {
        /// Guesses left.
        attempts_left: u32,
    },
    /// It ended.
    Concluded {
        /// The final state.
        state: State,
        /// Why.
        reason: ConclusionReason,
        /// The channel of the message that was used.
        used_channel: Option<Channel>,
        /// Time since it was issued.
        after: Duration,
    },
    /// The caller told what became of the flow.
    FlowReported(FlowOutcome),
}
