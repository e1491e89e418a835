//! What the record remembers, and what it forgets: replays, reports, erasure; test numbers; who may
//! see what; the clock.

use std::time::Duration;

use super::{super::turn::MAX_ANSWERS, *};
use crate::otp::{FlowOutcome, event::Verdict};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
const KEY: Option<(u8, u8)> = Some((1, 1));
const KEY_WITH_OTHER_FIELDS: Option<(u8, u8)> = Some((1, 2));

#[test]
fn a_retried_issue_gets_its_first_answer_again() {
    let mut phone = Phone::new();
    let keyed = |key| Ask {
        key,
        ..Ask::default()
    };
    let first = phone.issued(keyed(KEY));
    phone.guess_wrong(first.challenge, 1);
    assert_eq!(phone.wait(599).issued(keyed(KEY)), first);
    assert_eq!(phone.sends.len(), 1);
    let answer = phone.issue(keyed(KEY_WITH_OTHER_FIELDS));
    assert_eq!(answer, Answer::Refused(Refusal::KeyReused));
    let later = phone.wait(1).issued(keyed(KEY));
    assert_ne!(
        later.challenge, first.challenge,
        "forgotten after ten minutes"
    );
}

#[test]
fn a_retried_resend_gets_its_first_answer_again() {
    let mut phone = Phone::new();
    let id = phone.login();
    let first = phone.wait(30).resend_as(CALLER, id, None, KEY);
    assert_eq!(phone.wait(60).resend_as(CALLER, id, None, KEY), first);
    assert_eq!(phone.sends.len(), 2);
    let other = phone.resend_as(CALLER, id, Some(Channel::Sms), KEY_WITH_OTHER_FIELDS);
    assert_eq!(other, Answer::Refused(Refusal::KeyReused));
}

#[test]
fn a_retried_verification_is_verified_again_without_the_number_for_ten_minutes() {
    let mut phone = Phone::new();
    let id = phone.login();
    let code = phone.code(id, 1);
    let guess = |key| Guess {
        key,
        ..Guess::of(code)
    };
    assert!(!phone.guessed(id, guess(KEY)).replayed);
    let again = phone.wait(599).guessed(id, guess(KEY));
    assert_eq!(
        (again.outcome, again.replayed, again.number),
        (VerifyOutcome::Verified, true, None)
    );
    let other = phone.try_guess(id, guess(KEY_WITH_OTHER_FIELDS));
    assert_eq!(other, Answer::Refused(Refusal::KeyReused));
    let late = phone.wait(1).guessed(id, guess(KEY));
    assert_eq!(
        (late.outcome, late.replayed),
        (VerifyOutcome::AlreadyUsed, false)
    );
}

#[test]
fn a_wrong_guess_retried_with_its_key_counts_once() {
    let mut phone = Phone::new();
    let id = phone.login();
    let guess = |key| Guess {
        key,
        ..Guess::of(WRONG)
    };
    phone.guessed(id, guess(KEY));
    let again = phone.guessed(id, guess(KEY));
    assert_eq!(
        (again.outcome, again.attempts_left),
        (VerifyOutcome::WrongCode, 4)
    );
    let other = phone.try_guess(id, guess(KEY_WITH_OTHER_FIELDS));
    assert_eq!(other, Answer::Refused(Refusal::KeyReused));
    assert_eq!(phone.challenge(id).attempts_used, 1);
}

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
    assert_eq!(
        phone.resend(id, None),
        Answer::Refused(Refusal::Concluded(State::Verified))
    );
}

#[test]
fn the_first_report_counts_for_a_day() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY - SECOND);
    assert_eq!(
        phone.report(id, FlowOutcome::Completed, None),
        Answer::Noted
    );
    assert_eq!(
        phone.report(id, FlowOutcome::Abandoned, None),
        Answer::Ignored
    );
    assert_eq!(
        phone.challenge(id).flow_outcome,
        Some(FlowOutcome::Completed)
    );

    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY);
    assert_eq!(
        phone.report(id, FlowOutcome::Completed, None),
        Answer::Ignored
    );
}

#[test]
fn a_report_of_a_time_before_the_challenge_or_in_the_future_is_refused() {
    let mut phone = Phone::new();
    let (id, start) = (phone.login(), phone.now);
    phone.wait(60);
    for at in [start - SECOND, phone.now + SECOND] {
        let answer = phone.report(id, FlowOutcome::Completed, Some(at));
        assert_eq!(answer, Answer::Refused(Refusal::TimeOutOfRange));
    }
    assert_eq!(
        phone.report(id, FlowOutcome::Completed, Some(start)),
        Answer::Noted
    );
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
fn a_concluded_challenge_can_be_read_for_the_retention() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.cancel(id);
    phone.wait_for(DAY - SECOND).login();
    assert_eq!(phone.look(id).challenge.state(), State::Cancelled);
    phone.wait(31).issue(Ask::default());
    assert_eq!(
        phone.look_as(CALLER, id),
        Answer::Refused(Refusal::NotFound)
    );
}

#[test]
fn others_find_nothing() {
    let mut phone = Phone::new();
    let id = phone.login();
    let before = phone.record.clone();
    let not_found = Answer::Refused(Refusal::NotFound);
    assert_eq!(phone.look_as("stranger", id), not_found);
    assert_eq!(
        phone.wait(30).resend_as("stranger", id, None, None),
        not_found
    );
    let nobody = ChallengeId([9; 32]);
    assert_eq!(phone.look_as(CALLER, nobody), not_found);
    assert_eq!(phone.cancel(nobody), not_found);
    assert_eq!(
        phone.report(nobody, FlowOutcome::Completed, None),
        not_found
    );
    assert_eq!(
        phone.guess(nobody, WRONG).outcome,
        VerifyOutcome::UnknownChallenge
    );
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
    assert!(
        matches!(phone.facts[0].kind, FactKind::Issued),
        "its story begins with it"
    );
    assert_eq!(phone.guess(id, FIXED).outcome, VerifyOutcome::Verified);
}

#[test]
fn a_test_number_knows_no_limit_of_messages() {
    let mut phone = Phone::test_number();
    let wait = SECOND;
    phone.verdict = Verdict::Refused {
        limit: Limit::ClientIp,
        wait,
    };
    for _ in 0..20 {
        let id = phone.login();
        phone.guess(id, FIXED);
    }
    assert_eq!(phone.issued(Ask::default()).messages_left, 3);
}

#[test]
fn calls_that_cost_nothing_do_not_pile_up() {
    let mut phone = Phone::test_number();
    let ask = Ask {
        key: KEY,
        ..Ask::default()
    };
    let first = phone.issued(ask.clone());
    (0..300).for_each(|_| drop(phone.issue(Ask::default())));
    assert_eq!(phone.record.operations.len(), MAX_ANSWERS);
    assert_eq!(phone.issued(ask), first, "what cost a message is kept");
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
