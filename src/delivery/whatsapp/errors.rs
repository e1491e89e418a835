//! What Meta's error codes mean, in answers to a send and in `failed` webhooks alike.
//!
//! Meta asks to go by the code, never by the HTTP status, which its own pages no longer give.

use crate::{
    delivery::{
        Again,
        reaction::{Reaction, Scope},
    },
    otp::FailureReason as Why,
};

/// What to make of an error. The HTTP status (none in a webhook) counts for unknown codes only.
///
/// Reasons are chosen by what helps the reader of a delivery: `Misconfigured` is for the operator
/// to mend, `Rejected` is this message (a fault in the request, or this recipient's own settings),
/// `NotOnWhatsapp` is remembered for the number.
pub fn judge(code: Option<i64>, status: Option<u16>) -> Reaction {
    let Some(code) = code else {
        return Reaction::of_status(status);
    };
    match code {
        // Not ours to mend: Meta is busy or down.
        2 | 131_000 | 131_016 | 133_004 => Reaction::alone(Why::Unavailable, Again::Yes),
        1 => Reaction::alone(Why::Unavailable, Again::Once),
        131_057 => Reaction::stop(Why::Unavailable, Scope::PhoneNumber),

        // Too much, too fast. 130429 passes within a second; the others last.
        130_429 => Reaction::alone(Why::RateLimited, Again::Yes),
        131_056 => Reaction::alone(Why::RateLimited, Again::No),
        4 => Reaction::stop(Why::RateLimited, Scope::App),
        80_007 | 131_064 => Reaction::stop(Why::RateLimited, Scope::Account),
        131_048 => Reaction::stop(Why::RateLimited, Scope::PhoneNumber),

        // The number takes no WhatsApp message from us. 130403: we have blocked this person.
        130_403 | 131_026 => Reaction::alone(Why::NotOnWhatsapp, Again::No),

        // Somebody else may hold the number by now. Never sent again on another channel.
        137_000 => Reaction::alone(Why::IdentityChanged, Again::No),

        // Credentials and permissions.
        0 | 104 | 190 => Reaction::stop(Why::Misconfigured, Scope::Token),
        3 | 10 | 200..=299 | 131_005 => Reaction::stop(Why::Misconfigured, Scope::App),

        // The account: policy, lock, payment.
        368 | 131_031 | 131_042 => Reaction::stop(Why::Misconfigured, Scope::Account),
        130_497 => Reaction::stop(Why::Misconfigured, Scope::Country),

        // The business's number: deleted, unnamed, unregistered.
        33 | 131_037 | 131_045 | 133_010 => Reaction::stop(Why::Misconfigured, Scope::PhoneNumber),

        // The template: missing in this language, too long in it, against policy, paused, disabled.
        132_001 | 132_005 | 132_007 | 132_015 | 132_016 => {
            Reaction::stop(Why::Misconfigured, Scope::Template)
        }

        // A test number sends only to its allow list.
        131_030 => Reaction::alone(Why::Misconfigured, Again::No),

        // This person's own settings, or an experiment of Meta's.
        130_472 | 131_049 | 131_050 => Reaction::alone(Why::Rejected, Again::No).of_recipient(),

        // A fault in what we sent: parameters, type, addressee.
        100 | 131_008 | 131_009 | 131_021 | 131_047 | 131_051 | 131_062 | 132_000 | 132_008
        | 132_012 | 132_018 => Reaction::alone(Why::Rejected, Again::No),
        135_000 => Reaction::alone(Why::Rejected, Again::Once),

        // Of things that we never send: media, flows, marketing, payments, direct sends.
        131_052 | 131_053 | 131_063 | 132_068 | 132_069 | 134_011 | 139_200 => {
            Reaction::alone(Why::Other, Again::No)
        }

        _ => Reaction::of_status(status),
    }
}
