//! Bad days: what goes wrong with a whole service rather than with one number.
//!
//! Each stand-in lies under a sky of its own. The layer of [`over`] looks at it before the service does;
//! how a service words its troubles is the service's own affair, told by its [`Wording`].

mod skies;

mod layer;

use std::time::Duration;

pub(crate) use layer::{Wording, over};
pub(crate) use skies::Skies;

/// A service that is stood in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    Meta,
    Twilio,
    /// All of its services.
    Aws,
}

/// The state of a whole service: what every request of it meets until the weather changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weather {
    /// Nothing is amiss.
    #[default]
    Clear,
    /// Every request is refused with this code of the service's own, as the service spells its codes,
    /// under another HTTP status than the usual one if wanted. Nothing is taken.
    Refuse { code: String, status: Option<u16> },
    /// Every request meets the service's own word for "too many requests", under HTTP 429.
    Throttle,
    /// Trouble for `on`, beginning now, then calm for `off`, over and over. In trouble, requests are
    /// answered with this 5xx status in the form that the service gives it, and nothing is taken.
    Bursts { status: u16, on: Duration, off: Duration },
    /// Every answer comes `by` later. The message is taken all the same, even if nobody waits any more.
    Slow { by: Duration, lag: Lag },
    /// The connection is reset, and nothing of the request has been taken.
    ResetUntaken,
    /// The request is taken, and then the connection is reset before the answer.
    ResetTaken,
    /// The request is read to its end; no answer comes, ever, and nothing is taken.
    Hang,
    /// The credentials have run out: every request is refused as unauthorized.
    TokenExpired,
    /// Meta has paused the template in this language, or in all. Other requests are well.
    TemplatePaused { language: Option<String> },
}

/// Where the time of a slow answer is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lag {
    /// On the way in: the message is taken late.
    BeforeTaken,
    /// On the way out: the message is taken at once, and its receipts may come before the answer.
    AfterTaken,
}

impl Weather {
    /// Every request refused with this code, under the HTTP status that the service usually gives it.
    #[must_use]
    pub fn refuse(code: impl ToString) -> Self {
        Self::Refuse { code: code.to_string(), status: None }
    }

    /// Every request answered with this 5xx status.
    #[must_use]
    pub fn failing(status: u16) -> Self {
        Self::Bursts { status, on: Duration::MAX, off: Duration::ZERO }
    }

    /// Every answer so much later, although the message was taken at once.
    #[must_use]
    pub fn slow(by: Duration) -> Self {
        Self::Slow { by, lag: Lag::AfterTaken }
    }

    /// Whether this template language is paused.
    pub(crate) fn pauses(&self, spoken: &str) -> bool {
        match self {
            Self::TemplatePaused { language } => language.as_deref().is_none_or(|l| l == spoken),
            _ => false,
        }
    }
}
