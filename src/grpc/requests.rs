//! Requests, parsed into types that can't be wrong; every complaint about a request at once.

use tonic::Status;

use super::{
    complaints::{Complaints, bad_field},
    errors, fields, proto,
};
use crate::{
    otp::{ChallengeId, FlowOutcome, Purpose, Time, Transaction},
    service::{
        Guess, Issue, Resend,
        numbers::{NotAdmitted, Numbers},
    },
};

/// Reads an IssueCode request.
pub fn issue(
    request: proto::IssueCodeRequest,
    caller: String,
    numbers: &Numbers,
    now: Time,
) -> Result<Issue, Status> {
    let mut complaints = Complaints::default();
    let (recipient, barred) = match numbers.admit(&request.recipient, now) {
        Ok(admitted) => (Some(admitted), None),
        Err(NotAdmitted::Country(country)) => (None, Some(errors::country_not_allowed(country))),
        Err(NotAdmitted::Malformed(error)) => {
            complaints.add("recipient", error.to_string());
            (None, None)
        }
    };
    let purpose = complaints.check("purpose", fields::required_purpose(request.purpose));
    let subject = complaints.check("subject_id", fields::text(request.subject_id));
    let client_ip = complaints.check("client_ip", fields::address(&request.client_ip));
    let language = complaints.check("language_code", fields::language(request.language_code));
    let channel = complaints.check("requested_channel", fields::channel(request.requested_channel));
    let key = complaints.check("idempotency_key", fields::text(request.idempotency_key));
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
    if let Some(status) = barred {
        return Err(status);
    }
    let issue = || {
        Some(Issue {
            caller,
            recipient: recipient?,
            purpose: purpose?,
            subject: subject?,
            client_ip: client_ip?,
            language: language?,
            transaction: transaction.into_option(),
            channel: channel?,
            idempotency_key: key?,
        })
    };
    issue().ok_or_else(incomplete)
}

/// Reads a ResendCode request.
pub fn resend(request: proto::ResendCodeRequest, caller: String) -> Result<Resend, Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", fields::id(&request.challenge_id));
    let channel = complaints.check("requested_channel", fields::channel(request.requested_channel));
    let key = complaints.check("idempotency_key", fields::text(request.idempotency_key));
    complaints.finish()?;
    let resend =
        || Some(Resend { caller, challenge: challenge?, channel: channel?, idempotency_key: key? });
    resend().ok_or_else(incomplete)
}

/// Reads a VerifyCode request.
pub fn guess(request: proto::VerifyCodeRequest, caller: String) -> Result<Guess, Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", fields::id(&request.challenge_id));
    let code = complaints.check("code", fields::code(request.code));
    complaints.check("client_ip", fields::address(&request.client_ip));
    let subject = complaints.check("subject_id", fields::text(request.subject_id));
    let purpose = complaints.check("purpose", fields::optional_purpose(request.purpose));
    let key = complaints.check("idempotency_key", fields::text(request.idempotency_key));
    let transaction = transaction(request.transaction, &mut complaints);
    complaints.finish()?;
    let guess = || {
        Some(Guess {
            caller,
            challenge: challenge?,
            code: code?,
            transaction: transaction.into_option(),
            subject: Some(subject?).filter(|subject| !subject.is_empty()),
            purpose: purpose?,
            idempotency_key: key?,
        })
    };
    guess().ok_or_else(incomplete)
}

/// Reads a request that only names a challenge.
pub fn challenge(text: &str) -> Result<ChallengeId, Status> {
    fields::id(text).map_err(|complaint| bad_field("challenge_id", complaint))
}

/// Reads a ReportOutcome request.
pub fn report(
    request: &proto::ReportOutcomeRequest,
) -> Result<(ChallengeId, FlowOutcome, Option<Time>), Status> {
    let mut complaints = Complaints::default();
    let challenge = complaints.check("challenge_id", fields::id(&request.challenge_id));
    let outcome = complaints.check("outcome", fields::outcome(request.outcome));
    let at =
        complaints.check("occur_time", request.occur_time.as_ref().map(fields::time).transpose());
    complaints.finish()?;
    let report = || Some((challenge?, outcome?, at?));
    report().ok_or_else(incomplete)
}

/// Complaints were finished, so every field was there.
fn incomplete() -> Status {
    Status::invalid_argument("the request is incomplete")
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
