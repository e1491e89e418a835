//! What errors say: a code, a sentence, and google.rpc details that programs can act on.

use std::{collections::HashMap, time::Duration};

use http::HeaderValue;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::complaints::bad_field;
use crate::{
    insight::metrics,
    otp::{
        Country, Purpose, Refusal,
        event::Limit,
        toll::{Rule, Screen},
    },
    service::{CallError, Fault},
};

/// `ErrorInfo.domain`.
const DOMAIN: &str = "pombo";

/// When to come back after a fault of the store or of too much work.
const COME_BACK: Duration = Duration::from_secs(1);

/// No caller has this key, or this certificate.
pub fn unauthenticated() -> Status {
    Status::unauthenticated(
        "the metadata `authorization: Bearer KEY` must carry the API key of a configured caller, or \
         the connection a certificate that names one",
    )
}

/// There is more to do than can be done.
pub fn overloaded() -> Status {
    limited(Limit::Overloaded, COME_BACK)
}

/// The caller's deadline came before the answer.
pub fn too_late() -> Status {
    Status::deadline_exceeded("the deadline has passed; what the call began goes on to its end")
}

/// The number's country is not among the allowed ones.
pub fn country_not_allowed(country: Country) -> Status {
    let country = match country.as_str() {
        "" => "no country".to_owned(),
        country => format!("country {country}"),
    };
    denied(
        "COUNTRY_NOT_ALLOWED",
        format!("recipient belongs to {country}, which limits.allowed_countries does not name"),
    )
}

/// The caller may not issue codes for this purpose.
pub fn purpose_not_allowed(purpose: Purpose) -> Status {
    denied(
        "PURPOSE_NOT_ALLOWED",
        format!("this caller may not issue codes for {}", purpose.as_str()),
    )
}

/// Nothing is sent to numbers like this one.
fn prefix_blocked(screen: Screen) -> Status {
    let why = match screen {
        Screen::BlockedPrefix => "begins with a prefix that fraud.blocked_prefixes names",
        Screen::NumberType => "is of a kind whose owner earns by being called (fraud.enforce)",
    };
    denied("PREFIX_BLOCKED", format!("recipient {why}"))
}

fn denied(reason: &str, message: String) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(Code::PermissionDenied, message, details)
}

impl From<CallError> for Status {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => refused(refusal),
            CallError::Screened(screen) => prefix_blocked(screen),
            CallError::Failed(fault) => failed(&fault),
        }
    }
}

fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Limited { limit, wait } => limited(limit, wait),
        Refusal::NotFound => Status::not_found("no challenge of this caller has this challenge_id"),
        Refusal::Concluded(state) => {
            precondition(format!("the challenge is {}; issue a new one", state.as_str()))
        }
        Refusal::NoMessageLeft => precondition(
            "the challenge has no message left; wait until it concludes and issue a new one"
                .to_owned(),
        ),
        Refusal::NoSender(channel) => {
            let complaint =
                format!("asks for {}, for which no sender is configured", channel.as_str());
            bad_field("requested_channel", &complaint)
        }
        Refusal::KeyReused => bad_field(
            "idempotency_key",
            "was used within the last 10 minutes with other fields; use a new key for a new call",
        ),
        Refusal::TransactionMissing => {
            bad_field("transaction", "is required: the code was issued for a transaction")
        }
        Refusal::TransactionUnexpected => {
            bad_field("transaction", "must be left out: the code was not issued for a transaction")
        }
        Refusal::TimeOutOfRange => {
            bad_field("occur_time", "must not be before the challenge was issued nor in the future")
        }
    }
}

fn precondition(message: String) -> Status {
    let details =
        ErrorDetails::with_precondition_failure_violation("CHALLENGE", "challenge_id", &message);
    Status::with_error_details(Code::FailedPrecondition, message, details)
}

fn limited(limit: Limit, wait: Duration) -> Status {
    // Rules against toll fraud are counted where they decide.
    if Rule::ALL.iter().all(|rule| rule.limit() != limit) {
        metrics::limited(limit.as_str());
    }
    // Rounded up, so that who waits this long succeeds.
    let wait = Duration::from_millis(wait.as_micros().div_ceil(1000).max(1) as u64);
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    details.set_error_info(limit.reason(), DOMAIN, HashMap::new());
    let message = format!("{}; try again in {:.1} s", explain(limit), wait.as_secs_f64());
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

fn explain(limit: Limit) -> &'static str {
    match limit {
        Limit::Recipient => "this recipient has got as many messages as the limits allow",
        Limit::Subject => "this subject has asked for as many messages as the limits allow",
        Limit::ClientIp => "this client_ip has asked for as many messages as the limits allow",
        Limit::Caller => "this caller has asked for as many messages as the limits allow",
        Limit::ResendWait => "the wait before another message is not over",
        Limit::Locked => "too many wrong guesses have locked this flow",
        Limit::Overloaded => "the service has more to do than it can",
        Limit::PrefixBreaker => {
            "hardly anybody with a number like this one gives back codes of text messages"
        }
        Limit::PrefixBudget => "numbers like this one have had too many unverified text messages",
        Limit::CountryBudget => "this country has had too many unverified text messages",
        Limit::SpendCap => "the service has spent on text messages what it may",
    }
}

fn failed(fault: &Fault) -> Status {
    // What is shed is logged with the calls that are refused.
    if !matches!(fault, Fault::Overloaded | Fault::Abandoned) {
        fault.log("a call failed");
    }
    match fault {
        Fault::Overloaded => overloaded(),
        Fault::Store(_) => unavailable("the store is out of reach; nothing was decided"),
        Fault::Contended => unavailable("the record kept changing; nothing was decided"),
        Fault::Abandoned => Status::cancelled("nobody waited for the answer; nothing was done"),
        Fault::Unsure => unavailable(
            "the store went away in the middle: the call may have been carried out, or not; \
             retry it with the same idempotency_key",
        ),
        Fault::Key(_) => unavailable("a key of the ring is missing; an operator has to act"),
    }
}

/// What the transport says of bytes that are no message of the contract, of a message that is compressed, and
/// of none at all.
const UNDECODABLE: [&str; 3] =
    ["failed%20to%20decode", "protocol%20error", "Missing%20request%20message"];

/// Bytes that are no message of the contract are the caller's fault. The transport, which reads them,
/// calls it its own (`INTERNAL`).
pub fn undecodable<B>(mut response: http::Response<B>) -> http::Response<B> {
    let headers = response.headers_mut();
    let says = |name: &str, start: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes().starts_with(start.as_bytes()))
    };
    let is_undecodable = UNDECODABLE.iter().any(|start| says("grpc-message", start));
    if says("grpc-status", "13") && is_undecodable {
        headers.insert("grpc-status", HeaderValue::from(Code::InvalidArgument as i32));
    }
    response
}

/// This replica is about to end.
pub fn stopping() -> Status {
    unavailable("this replica is stopping; ask again, another one will answer")
}

fn unavailable(message: &str) -> Status {
    let details = ErrorDetails::with_retry_info(Some(COME_BACK));
    Status::with_error_details(Code::Unavailable, message, details)
}
