//! Why a use case was not carried out: the rules say no, or something that it needs is not there.

use crate::{
    otp::{Refusal, keyring::Unreadable, toll::Screen},
    store::StoreError,
};

/// A call that was not carried out.
#[derive(Debug)]
pub enum CallError {
    /// The rules say no.
    Refused(Refusal),
    /// Nothing is sent to such a number.
    Screened(Screen),
    /// Something it needs is not there.
    Failed(Fault),
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// A use case could not be carried out, through no fault of its caller.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store is away. Nothing was decided.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store went away, or the work broke off, in the middle: the call may have been carried out,
    /// or not.
    #[error("what became of the call is not known")]
    Unsure,
    /// Whoever asked has gone, or its deadline has passed. Nothing was done.
    #[error("nobody waits for the answer any more")]
    Abandoned,
    /// More work is waiting than is worth accepting.
    #[error("more calls are waiting than can be served in time")]
    Overloaded,
    /// Others kept changing the record for as long as it was worth trying.
    #[error("the record kept changing")]
    Contended,
    /// A record needs a key that the ring does not hold.
    #[error(transparent)]
    Key(#[from] Unreadable),
}

impl Fault {
    /// Tells the log what failed of it; loudly where nothing gets better until an operator acts.
    pub fn log(&self, what: &'static str) {
        match self {
            Self::Key(_) => tracing::error!(error = %self, "{what}"),
            _ => tracing::warn!(error = %self, "{what}"),
        }
    }

    /// Whether work on another record would fail likewise.
    pub fn is_everybodys(&self) -> bool {
        match self {
            Self::Store(StoreError::Unreadable(_)) => false,
            Self::Store(_) | Self::Unsure | Self::Overloaded => true,
            Self::Abandoned | Self::Contended | Self::Key(_) => false,
        }
    }
}
