//! What the record remembers, and what it forgets: reports, erasure; test numbers; who may
//! see what; the clock.

use std::time::Duration;

use super::*;
use crate::otp::{
    FlowOutcome,
    event::{Event, Verdict},
};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_tap_on_i_did_not_request_a_code_cancels() {
    let mut phone = Phone::new();
    let id = phone.login();
    assert_eq!(phone.not_requested(id), Answer::Noted);
    let conclusion = phone.challenge(id).conclusion.unwrap();
    assert_eq!(conclusion.state, State::Cancelled);
    assert_eq!(conclusion.reason, ConclusionReason::NotRequestedByRecipient);
    assert_eq!(phone.not_requested(id), Answer::Ignored);
}

#[test]
fn a_concluded_challenge_is_cancelled_no_more() {
    let mut phone = Phone::new();
    let id = phone.login();
    let code = phone.code(id, 1);
    phone.guess(id, code);
    let before = phone.challenge(id).clone();
    phone.cancel(id);
    assert_eq!(*phone.challenge(id), before);
    assert_eq!(phone.resend(id, None), Answer::Refused(Refusal::Concluded(State::Verified)));
}

#[test]
fn the_first_report_counts_for_a_day() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY - SECOND);
    assert_eq!(phone.report(id, FlowOutcome::Completed, None), Answer::Noted);
    assert_eq!(phone.report(id, FlowOutcome::Abandoned, None), Answer::Ignored);
    assert_eq!(phone.challenge(id).flow_outcome, Some(FlowOutcome::Completed));

    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY);
    let answer = phone.report(id, FlowOutcome::Completed, None);
    assert_eq!(answer, Answer::Refused(Refusal::NotFound), "its time in the record is over");
}

#[test]
fn a_report_of_a_time_before_the_challenge_or_in_the_future_is_refused() {
    let mut phone = Phone::new();
    let (id, start) = (phone.login(), phone.now);
    phone.wait(60);
    // A caller's clock may be a little off.
    for at in [start - 6 * SECOND, phone.now + 6 * SECOND] {
        let answer = phone.report(id, FlowOutcome::Completed, Some(at));
        assert_eq!(answer, Answer::Refused(Refusal::TimeOutOfRange));
    }
    assert_eq!(phone.report(id, FlowOutcome::Completed, Some(start)), Answer::Noted);
}

#[test]
fn number_and_language_are_erased_when_nothing_is_live() {
    let mut phone = Phone::new();
    let (id, other) = (phone.login(), phone.begin(Ask::subject("bia")));
    phone.cancel(id);
    assert!(phone.record.number.is_some(), "another challenge is live");
    phone.cancel(other);
    assert_eq!(phone.record.number, None);
    assert_eq!(phone.challenge(id).language, "");
}

#[test]
fn what_a_payments_messages_show_is_erased_with_its_conclusion() {
    let mut phone = Phone::new();
    let (id, other) = (phone.begin(Ask::payment(7)), phone.login());
    phone.alarm_after(20);
    let shown: Vec<_> = phone.sends.iter().filter(|send| send.challenge == id).collect();
    assert_eq!(shown.len(), 2, "the fallback, too");
    assert!(shown.iter().all(|send| send.details.as_ref().is_some_and(|d| d.bytes == [7; 16])));
    assert!(phone.sends.iter().any(|send| send.challenge == other && send.details.is_none()));
    phone.cancel(id);
    assert_eq!(phone.challenge(id).details, None);
    assert!(phone.record.number.is_some(), "another challenge is live");
}

#[test]
fn a_concluded_challenge_can_be_read_for_the_retention() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY - SECOND).login();
    assert_eq!(phone.look(id).challenge.state(), State::Cancelled);
    phone.wait(31).issue(Ask::default());
    assert_eq!(phone.look_as(CALLER, id), Answer::Refused(Refusal::NotFound));
}

#[test]
fn others_find_nothing() {
    let mut phone = Phone::new();
    let id = phone.login();
    let before = phone.record.clone();
    let not_found = Answer::Refused(Refusal::NotFound);
    assert_eq!(phone.look_as("stranger", id), not_found);
    assert_eq!(phone.wait(30).resend_as("stranger", id, None, None), not_found);
    let (caller, outcome, at) = ("stranger".to_owned(), FlowOutcome::Completed, None);
    let report = Event::Report { caller: caller.clone(), challenge: id, outcome, at };
    let cancel = Event::Cancel { caller, challenge: id };
    assert_eq!((phone.on(&report), phone.on(&cancel)), (not_found.clone(), not_found.clone()));
    let nobody = ChallengeId([9; 32]);
    assert_eq!(phone.look_as(CALLER, nobody), not_found);
    assert_eq!(phone.cancel(nobody), not_found);
    assert_eq!(phone.report(nobody, FlowOutcome::Completed, None), not_found);
    assert_eq!(phone.guess(nobody, WRONG).outcome, VerifyOutcome::UnknownChallenge);
    assert_eq!(phone.record, before);
}

#[test]
fn a_test_number_gets_no_message_and_looks_as_if_it_had() {
    let mut phone = Phone::test_number();
    let id = phone.login();
    phone.wait(30).resent(id);
    assert_eq!(phone.sends, []);
    for number in [1, 2] {
        let delivery = phone.delivery(id, number);
        assert_eq!(delivery.status, DeliveryStatus::Delivered);
        assert_eq!(delivery.sender, "test");
    }
    assert!(matches!(phone.facts[0].kind, FactKind::Issued), "its story begins with it");
    assert_eq!(phone.guess(id, FIXED).outcome, VerifyOutcome::Verified);
}

#[test]
fn a_test_number_knows_no_limit_of_messages() {
    let mut phone = Phone::test_number();
    let wait = SECOND;
    phone.verdict = Verdict::Refused { limit: Limit::ClientIp, wait };
    for _ in 0..20 {
        let id = phone.login();
        phone.guess(id, FIXED);
    }
    assert_eq!(phone.issued(Ask::default()).messages_left, 3);
}

#[test]
fn a_clock_that_goes_back_does_not_turn_time_back() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.wait(300).look(id);
    phone.now = phone.now - 200 * SECOND;
    let code = phone.code(id, 1);
    assert_eq!(phone.guess(id, code).outcome, VerifyOutcome::Expired);
    let next = phone.login();
    assert_eq!(phone.challenge(next).issued_at, phone.record.changed_at);
    assert!(phone.challenge(next).issued_at > phone.now);
}
