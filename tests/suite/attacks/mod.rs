//! Attacks: what somebody tries who means harm. All are made at two replicas over one Redis, and each
//! prints what it tried and what came of it.

mod callbacks;

mod day;

mod floods;

mod guessing;

mod ids;

mod isolation;

mod lockout;

mod payments;

mod plants;

mod sessions;

mod siege;

mod spoils;

mod storm;

mod timing;

mod wiretap;

mod work;

use std::collections::BTreeMap;

use pombo::grpc::proto::{
    IssueCodeRequest, Purpose, VerifyCodeRequest, VerifyCodeResponse, VerifyOutcome,
};
use tonic::Status;
use tonic_types::StatusExt;

use crate::support::pombo::{guess, login};
use siege::Siege;

/// Nothing in the way but the recipient's limit and the ledger.
const NO_WAITS: (&str, &str) = ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]");

/// Messages enough for a long attack at one number.
const MANY_MESSAGES: (&str, &str) = ("LIMITS__RECIPIENT", "[\"60/10m\"]");

/// With so many messages, guessing is likelier than an operator may want.
const ANY_ODDS: (&str, &str) = ("CODE__ACCEPT_ODDS", "true");

/// A challenge that nobody ever issued, well formed.
const NOBODYS: &str = "ch_0000000000000000000000000000000000000000000000000000";

type Answer = Result<VerifyCodeResponse, Status>;

/// A demand for a code by one session of a caller.
fn session(recipient: &str, purpose: Purpose, subject: &str) -> IssueCodeRequest {
    IssueCodeRequest { purpose: purpose.into(), subject_id: subject.to_owned(), ..login(recipient) }
}

/// So many different codes that none of these is.
fn wrong_codes(codes: &[String], count: usize) -> Vec<String> {
    let candidates = (0..1_000_000).map(|n| format!("{n:06}"));
    candidates.filter(|code| !codes.contains(code)).take(count).collect()
}

/// Guesses by somebody who shows another face each time: a new name for the call, or none, or one of
/// a few that repeat, from another address.
fn faces(challenge_id: &str, codes: &[String]) -> Vec<VerifyCodeRequest> {
    let face = |(n, code): (usize, &String)| VerifyCodeRequest {
        client_ip: format!("198.51.{}.{}", n / 250, n % 250),
        idempotency_key: [format!("{code} {n}"), String::new(), format!("face {n}")][n % 3].clone(),
        ..guess(challenge_id, code)
    };
    codes.iter().enumerate().map(face).collect()
}

/// Why a call was refused, by our own name for it, or else by its code.
fn reason(status: &Status) -> String {
    let named = status.get_details_error_info().map(|info| info.reason);
    named.unwrap_or_else(|| format!("{:?}", status.code()))
}

/// How often each thing was answered.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let told = match answer {
            Ok(answer) if answer.replayed => format!("{:?} again", answer.outcome()),
            Ok(answer) => format!("{:?}", answer.outcome()),
            Err(status) => reason(status),
        };
        *tally.entry(told).or_default() += 1;
    }
    tally
}

fn count(answers: &[Answer], outcome: VerifyOutcome) -> usize {
    let told = answers.iter().filter_map(|answer| answer.as_ref().ok());
    told.filter(|answer| answer.outcome() == outcome && !answer.replayed).count()
}

fn outcome(answer: Answer) -> VerifyOutcome {
    answer.unwrap().outcome()
}
