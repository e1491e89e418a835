//! What AWS's exceptions and their reasons mean.

use crate::{
    delivery::{
        Again,
        reaction::{Reaction, Scope},
    },
    otp::FailureReason as Why,
};

/// What to make of an exception; `None` for one that no table knows.
pub fn judge(code: &str, reason: &str) -> Option<Reaction> {
    Some(match code {
        "ThrottlingException" => Reaction::alone(Why::RateLimited, Again::Yes),
        "InternalServerException" => Reaction::alone(Why::Unavailable, Again::Doubtful),
        "AccessDeniedException" => denied(reason),
        "ConflictException" => conflict(reason),
        "ServiceQuotaExceededException" => quota(reason),
        "ValidationException" => invalid(reason),
        // The origination identity, or one of the configurations.
        "ResourceNotFoundException" => Reaction::stop(Why::Misconfigured, Scope::PhoneNumber),
        _ => return None,
    })
}

fn denied(reason: &str) -> Reaction {
    let account = matches!(reason, "ACCOUNT_DISABLED" | "INSUFFICIENT_ACCOUNT_REPUTATION");
    Reaction::stop(Why::Misconfigured, if account { Scope::Account } else { Scope::App })
}

fn conflict(reason: &str) -> Reaction {
    match reason {
        // The recipient's STOP, which another sender shall not get around.
        "DESTINATION_PHONE_NUMBER_OPTED_OUT" => {
            Reaction::alone(Why::Rejected, Again::No).of_recipient()
        }
        // The operator's own rules against fraud. Another provider would get around them.
        "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"
        | "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE" => {
            Reaction::alone(Why::BlockedAsFraud, Again::No)
        }
        // An account in the sandbox sends to its own numbers.
        "DESTINATION_PHONE_NUMBER_NOT_VERIFIED" => Reaction::alone(Why::Misconfigured, Again::No),
        // None of ours may send to this country.
        "NO_ORIGINATION_IDENTITIES_FOUND" => Reaction::stop(Why::Misconfigured, Scope::Country),
        _ => Reaction::stop(Why::Misconfigured, Scope::PhoneNumber),
    }
}

fn quota(reason: &str) -> Reaction {
    match reason {
        // It opens with the month, or when AWS raises it.
        "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT" | "MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS" => {
            Reaction::stop(Why::RateLimited, Scope::Account)
        }
        _ => Reaction::alone(Why::RateLimited, Again::No),
    }
}

fn invalid(reason: &str) -> Reaction {
    match reason {
        // The account may not send there, or what it sends by may not.
        "COUNTRY_NOT_ENABLED"
        | "DESTINATION_COUNTRY_BLOCKED"
        | "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"
        | "INTERNATIONAL_SENDING_NOT_SUPPORTED" => {
            Reaction::stop(Why::Misconfigured, Scope::Country)
        }
        // The origination identity is somebody else's, or sends no texts.
        "RESOURCE_NOT_ACCESSIBLE" | "CHANNEL_NOT_ENABLED" => {
            Reaction::stop(Why::Misconfigured, Scope::PhoneNumber)
        }
        // Carriers of this country want the sender's name registered, or want none.
        sender if sender.starts_with("SENDER_ID_") => {
            Reaction::stop(Why::Misconfigured, Scope::Country)
        }
        // Dearer than `sms.aws.max_price`. Another sender, which knows no bound, would get around it.
        "PRICE_OVER_THRESHOLD" => Reaction::alone(Why::Rejected, Again::No).of_recipient(),
        // A fault in what we sent.
        _ => Reaction::alone(Why::Rejected, Again::No),
    }
}
