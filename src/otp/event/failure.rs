//! Why a delivery failed, and whose failure it is.

use crate::otp::kinds::FailureReason;

/// Why a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As callers are told.
    pub reason: FailureReason,
    /// Whose it is.
    pub cause: Cause,
}

/// Whose a failure is: it decides who may try next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The sender's: another sender of the same channel may do better.
    Sender,
    /// The recipient's number, phone or wish, or a verdict on it: the same by any sender of the
    /// channel, and not to be tried by one.
    Recipient,
}

impl FailureReason {
    /// Whose a failure for this reason mostly is.
    pub const fn usual_cause(self) -> Cause {
        match self {
            Self::NotOnWhatsapp
            | Self::BlockedAsFraud
            | Self::Unreachable
            | Self::IdentityChanged => Cause::Recipient,
            Self::Rejected
            | Self::RateLimited
            | Self::Unavailable
            | Self::Misconfigured
            | Self::Other => Cause::Sender,
        }
    }
}

impl From<FailureReason> for Failure {
    fn from(reason: FailureReason) -> Self {
        Self { reason, cause: reason.usual_cause() }
    }
}
