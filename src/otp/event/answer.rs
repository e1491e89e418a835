//! What an event's cause is told.

use std::time::Duration;

use crate::otp::{
    challenge::Challenge,
    country::Country,
    id::ChallengeId,
    keyring::Sealed,
    kinds::{Channel, State, VerifyOutcome},
    time::Time,
    toll::Hit,
};

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
    /// It was news of this message, of a pending challenge.
    News(Carried),
    /// It changed nothing, on purpose: a receipt of another message, an unknown delivery.
    Ignored,
    /// No.
    Refused(Refusal),
}

/// What is known of a message of which there was news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The approved language that it was written in, if there is one and it is known.
    pub template: Option<String>,
    /// The number's country.
    pub country: Country,
    /// How long ago the provider took it.
    pub age: Duration,
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
    pub number: Option<Sealed>,
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

impl Refusal {
    /// There is no road for a message: nobody serves the channel, or a rule against toll fraud stands on
    /// the last one.
    pub(in crate::otp) fn no_road(why: Option<Hit>, channel: Channel) -> Self {
        match why {
            Some(Hit { rule, wait, .. }) => Self::Limited { limit: rule.limit(), wait },
            None => Self::NoSender(channel),
        }
    }
}

/// The limits, by the names that callers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// Hardly anybody of a prefix gives back the codes of text messages.
    PrefixBreaker,
    /// Text messages to a prefix that nobody verified.
    PrefixBudget,
    /// Text messages to a country that nobody verified.
    CountryBudget,
    /// What text messages may cost.
    SpendCap,
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
            Self::PrefixBreaker => "prefix_breaker",
            Self::PrefixBudget => "prefix_budget",
            Self::CountryBudget => "country_budget",
            Self::SpendCap => "spend_cap",
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
            Self::PrefixBreaker => "PREFIX_BREAKER",
            Self::PrefixBudget => "PREFIX_BUDGET",
            Self::CountryBudget => "COUNTRY_BUDGET",
            Self::SpendCap => "SPEND_CAP",
        }
    }
}
