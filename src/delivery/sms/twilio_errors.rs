//! What Twilio's error codes mean, in answers to a send and as `ErrorCode` of a callback alike.

use crate::{
    delivery::{
        Again,
        reaction::{Reaction, Scope},
    },
    otp::FailureReason as Why,
};

/// What to make of an error. The HTTP status (none in a callback) counts for unknown codes only.
pub fn judge(code: Option<i64>, status: Option<u16>) -> Reaction {
    let Some(code) = code else {
        return Reaction::of_status(status);
    };
    match code {
        // Twilio takes it for fraud and is often right. Another provider would only pay the bill.
        30_450 | 30_453 | 30_485 => Reaction::alone(Why::BlockedAsFraud, Again::No),

        // The number takes no text: invalid, no mobile, landline, dead.
        21_211 | 21_614 | 21_635 | 30_005 | 30_006 => Reaction::alone(Why::Unreachable, Again::No),
        // Switched off or without service: may pass at once.
        30_003 => Reaction::alone(Why::Unreachable, Again::Once).of_sender(),

        // The recipient's STOP, or a number that is blocked from getting this, as AWS's TEXT_BLOCKED:
        // another sender shall not get around either. A number of Twilio's own.
        21_610 | 30_004 | 30_038 => Reaction::alone(Why::Rejected, Again::No).of_recipient(),
        // The carrier's filter, no route between these two numbers.
        21_612 | 30_007 => Reaction::alone(Why::Rejected, Again::No),
        // A text beyond 1,600 characters, which `text` lets nobody configure.
        21_617 => Reaction::alone(Why::Rejected, Again::No),

        // Requests at once. One pause is worth it; after that another provider is.
        20_429 => Reaction::alone(Why::RateLimited, Again::Once),
        // Queues and caps of a sender or a carrier; they last longer than a code.
        21_611 | 30_001 | 30_022 | 30_023 => Reaction::alone(Why::RateLimited, Again::No),
        30_454 => Reaction::stop(Why::RateLimited, Scope::Account),

        // The carrier is congested; or silent, and Twilio itself won't risk a second message.
        30_017 => Reaction::alone(Why::Unavailable, Again::Yes),
        30_410 => Reaction::alone(Why::Unavailable, Again::No),
        // It lay in Twilio's own queue for longer than it was valid, and never left.
        30_036 => Reaction::alone(Why::Unavailable, Again::No),

        // Credentials, or the account suspended.
        20_003 | 30_002 => Reaction::stop(Why::Misconfigured, Scope::Account),
        // The address holds nothing but the account's id; a trial account sends to its own numbers.
        20_404 | 21_608 => Reaction::alone(Why::Misconfigured, Again::No),
        // The sender: unusable, not registered for its traffic.
        21_212 | 21_603 | 21_606 | 21_703 | 21_705 | 30_032 | 30_034 | 30_035 => {
            Reaction::stop(Why::Misconfigured, Scope::PhoneNumber)
        }
        // The country: not enabled, or its carriers want the sender registered first.
        21_408 | 30_018 | 30_024 | 30_040 => Reaction::stop(Why::Misconfigured, Scope::Country),

        30_008 => Reaction::alone(Why::Other, Again::No),
        // Of WhatsApp and other channels by Twilio, which we do not use.
        63_000..=63_999 => Reaction::alone(Why::Other, Again::No),

        _ => Reaction::of_status(status),
    }
}
