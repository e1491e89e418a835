//! Toll fraud: somebody has text messages sent to numbers that earn money by them. What bounds its
//! bill, in rules that ask nothing but how many codes of a destination were given back.
//!
//! A destination is a prefix of numbers or a country. [`Evidence`] is what is known of one: how many
//! text messages led to a verification and how many did not. From it come the [`budget`] of messages
//! that nobody has verified, and the [`Breaker`] that stops them where hardly anybody does.
//! `WhatsApp` messages earn nobody anything, so they go out all the same.

pub mod breaker;

pub mod budget;

pub mod evidence;

mod rules;

mod screen;

use std::time::Duration;

use super::{country::Country, event::Limit, id::RecipientKey};
pub use breaker::{Breaker, Stand};
pub use budget::Budget;
pub use evidence::Evidence;
pub use rules::{Known, Prices, Rules, Toll};
pub use screen::{Screen, Screens};

/// What may keep a text message from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Hardly anybody of the prefix gives a code back.
    PrefixBreaker,
    /// The prefix has had its share of messages that nobody verified.
    PrefixBudget,
    /// The country has.
    CountryBudget,
    /// The service has spent what it may.
    SpendCap,
}

impl Rule {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 4] =
        [Self::PrefixBreaker, Self::PrefixBudget, Self::CountryBudget, Self::SpendCap];

    /// Whether it bounds messages that nobody verified.
    pub const fn is_budget(self) -> bool {
        matches!(self, Self::PrefixBudget | Self::CountryBudget)
    }

    /// The limit that it is to whoever asked for the message.
    pub const fn limit(self) -> Limit {
        match self {
            Self::PrefixBreaker => Limit::PrefixBreaker,
            Self::PrefixBudget => Limit::PrefixBudget,
            Self::CountryBudget => Limit::CountryBudget,
            Self::SpendCap => Limit::SpendCap,
        }
    }

    /// As metrics, events and the configuration spell it.
    pub const fn as_str(self) -> &'static str {
        self.limit().as_str()
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }
}

/// A rule that stands in the way of a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub rule: Rule,
    /// How long, if nobody else comes.
    pub wait: Duration,
    /// Whether it keeps the message from being sent, or is only observed.
    pub enforced: bool,
}

/// Where a text message goes, as far as the rules go by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// The number's prefix, unrecognisable; records from before it was kept have none.
    pub prefix: Option<RecipientKey>,
    /// The number's country.
    pub country: Country,
}
