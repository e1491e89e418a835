//! Requests, parsed into types that can't be wrong; every complaint about a request at once.

use std::net::IpAddr;

use tonic::Status;
use zeroize::Zeroizing;

use super::{
    errors::{self, Complaints},
    proto,
};
use crate::{
    otp::{ChallengeId, Channel, Code, FlowOutcome, Purpose, Time, Transaction},
    service::{
        Guess, Issue, Resend,
        numbers::{NotAdmitted, Numbers},
    },
};

/// Longest subject id and idempotency key, in bytes.
const MAX_TEXT: usize = 128;

/// Longest language code, in characters: the longest that BCP 47 asks programs to bear.
const MAX_LANGUAGE: usize = 35;

/// Reads an IssueCode request.
pub fn issue(
    request: proto::IssueCodeRequest,
    caller: String,
    numbers: &Numbers,
    now: Time,
) -> Result<Issue, Status> {
    let mut complaints = Complaints::default();
    let admitted = numbers.admit(&request.recipient, now);
    let (recipient, country) = match admitted {
        Ok(admitted) => (Some(admitted), None),
        Err(NotAdmitted::Country(country)) => (None, Some(country)),
        Err(NotAdmitted::Malformed(error)) => {
            complaints.add("recipient", error.to_string());
            (None, None)
        }
    };
    let purpose = complaints.check("purpose", required_purpose(request.purpose));
    let subject = complaints.check("subject_id", text(request.subject_id));
    let client_ip = complaints.check("client_ip", address(&request.client_ip));
    let language = complaints.check("language_code", language(request.language_code));
    let channel = complaints.check("requested_channel", channel(request.requested_channel));
    let idempotency_key = complaints.check("idempotency_key", text(request.idempotency_key));
    let transaction = transaction(request.transaction, &mut complaints);
    match (purpose, &transaction) {
        (Some(Purpose::Transaction), Given::No) => {
            complaints.add("transaction", "is required with PURPOSE_TRANSACTION");
        }
        (Some(other), Given::Yes(_)) if other != Purpose::Transaction => {
            complaints.add("transaction", "must be left out unless purpose is PURPOSE_TRANSACTION");
        }
        _ => {}
    }
    complaints.finish()?;
    if let Some(country) = country {
        return Err(errors::country_not_allowed(country));
    }
    let parsed = (recipient, purpose, subject, client_ip, language, channel, idempotency_key);
    match parsed {
        (
            Some(recipient),
            Some(purpose),
            Some(subject),
            Some(client_ip),
            Some(language),
            Some(channel),
            Some(idempotency_key),
        ) => Ok(Issue {
            caller,
            recipient,
            purpose,
            subject,
            client_ip,
            language,
            transaction: transaction.into_option(),
            channel,
            idempotency_key,
        }),
        _ => Err(incomplete()),
    }
}

/// Reads a ResendCode request.
pub fn resend(request: proto::ResendCodeRequest, caller: String) -> Result<Resend, Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", id(&request.challenge_id));
    let channel = complaints.check("requested_channel", channel(request.requested_channel));
    let key = complaints.check("idempotency_key", text(request.idempotency_key));
    complaints.finish()?;
    match (challenge, channel, key) {
        (Some(challenge), Some(channel), Some(idempotency_key)) => {
            Ok(Resend { caller, challenge, channel, idempotency_key })
        }
        _ => Err(incomplete()),
    }
}

/// Reads a VerifyCode request.
pub fn guess(mut request: proto::VerifyCodeRequest, caller: String) -> Result<Guess, Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", id(&request.challenge_id));
    let typed = Zeroizing::new(std::mem::take(&mut request.code));
    let code =
        Code::parse(&typed).ok_or("must have 4 to 10 digits; blanks and hyphens are ignored");
    let code = complaints.check("code", code);
    complaints.check("client_ip", address(&request.client_ip));
    let subject = complaints.check("subject_id", text(request.subject_id));
    let purpose = complaints.check("purpose", optional_purpose(request.purpose));
    let key = complaints.check("idempotency_key", text(request.idempotency_key));
    let transaction = transaction(request.transaction, &mut complaints);
    complaints.finish()?;
    match (challenge, code, subject, purpose, key) {
        (Some(challenge), Some(code), Some(subject), Some(purpose), Some(idempotency_key)) => {
            Ok(Guess {
                caller,
                challenge,
                code,
                transaction: transaction.into_option(),
                subject: Some(subject).filter(|subject| !subject.is_empty()),
                purpose,
                idempotency_key,
            })
        }
        _ => Err(incomplete()),
    }
}

/// Reads a request that only names a challenge.
pub fn challenge(text: &str) -> Result<ChallengeId, Status> {
    id(text).map_err(|complaint| errors::bad_field("challenge_id", complaint))
}

/// Reads a ReportOutcome request.
pub fn report(
    request: &proto::ReportOutcomeRequest,
) -> Result<(ChallengeId, FlowOutcome, Option<Time>), Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", id(&request.challenge_id));
    let outcome = FlowOutcome::from_number(request.outcome)
        .ok_or("must be FLOW_OUTCOME_COMPLETED or FLOW_OUTCOME_ABANDONED");
    let outcome = complaints.check("outcome", outcome);
    let at = complaints.check("occur_time", request.occur_time.as_ref().map(time).transpose());
    complaints.finish()?;
    challenge.zip(outcome).zip(at).map(|((c, o), at)| (c, o, at)).ok_or_else(incomplete)
}

/// Complaints were finished, so every field was there.
fn incomplete() -> Status {
    Status::invalid_argument("the request is incomplete")
}

fn id(text: &str) -> Result<ChallengeId, &'static str> {
    text.parse().map_err(|_| "must be an id as IssueCode returned it: ch_ and 52 characters")
}

fn required_purpose(number: i32) -> Result<Purpose, &'static str> {
    Purpose::from_number(number).ok_or("is required: one of the values of Purpose")
}

fn optional_purpose(number: i32) -> Result<Option<Purpose>, &'static str> {
    match number {
        0 => Ok(None),
        number => required_purpose(number).map(Some),
    }
}

fn channel(number: i32) -> Result<Option<Channel>, &'static str> {
    match (number, Channel::from_number(number)) {
        (0, _) => Ok(None),
        (_, Some(channel)) => Ok(Some(channel)),
        _ => Err("must be CHANNEL_WHATSAPP, CHANNEL_SMS or left out"),
    }
}

fn text(text: String) -> Result<String, &'static str> {
    if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err("must have at most 128 bytes and no control characters");
    }
    Ok(text)
}

fn address(text: &str) -> Result<Option<IpAddr>, &'static str> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "must be an IPv4 or IPv6 address, or empty"),
    }
}

/// Checks the shape of a BCP 47 tag: subtags of 1 to 8 letters and digits, the first of 2 or 3
/// letters.
fn language(text: String) -> Result<String, &'static str> {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let is_tag = text.len() <= MAX_LANGUAGE
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    if text.is_empty() || is_tag {
        Ok(text)
    } else {
        Err("must be a BCP 47 language tag, like pt-BR, or empty")
    }
}

fn time(timestamp: &prost_types::Timestamp) -> Result<Time, &'static str> {
    let seconds = u64::try_from(timestamp.seconds).map_err(|_| "must be after 1970")?;
    let nanos = u64::try_from(timestamp.nanos).ok();
    let nanos = nanos.filter(|nanos| *nanos < 1_000_000_000);
    let nanos = nanos.ok_or("must have nanos from 0 to 999,999,999")?;
    let millis = seconds.checked_mul(1000).and_then(|ms| ms.checked_add(nanos / 1_000_000));
    millis.map(Time::from_millis).ok_or("is too far in the future")
}

/// A transaction, as far as the request had one.
enum Given {
    No,
    Wrong,
    Yes(Transaction),
}

impl Given {
    fn into_option(self) -> Option<Transaction> {
        match self {
            Self::Yes(transaction) => Some(transaction),
            Self::No | Self::Wrong => None,
        }
    }
}

fn transaction(given: Option<proto::Transaction>, complaints: &mut Complaints) -> Given {
    let Some(given) = given else { return Given::No };
    match Transaction::parse(&given.amount, &given.currency, &given.payee, &given.reference) {
        Ok(transaction) => Given::Yes(transaction),
        Err(faults) => {
            for (field, complaint) in faults {
                complaints.add(format!("transaction.{field}"), complaint);
            }
            Given::Wrong
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_checked() {
        for tag in ["", "pt", "pt-BR", "zh-Hant-TW", "fil", "sr-Latn"] {
            assert!(language(tag.to_owned()).is_ok(), "{tag}");
        }
        for tag in ["p", "pt_BR", "pt-", "english", "pt-BRAZILIAN0", "pt BR", "p\u{e9}"] {
            assert!(language(tag.to_owned()).is_err(), "{tag}");
        }
    }
}
