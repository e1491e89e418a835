//! Idempotency keys: the first answer again, for ten minutes.

use super::{super::prune::MAX_ANSWERS, *};

const KEY: Option<(u8, u8)> = Some((1, 1));
const KEY_WITH_OTHER_FIELDS: Option<(u8, u8)> = Some((1, 2));

#[test]
fn a_retried_issue_gets_its_first_answer_again() {
    let mut phone = Phone::new();
    let keyed = |key| Ask { key, ..Ask::default() };
    let first = phone.issued(keyed(KEY));
    phone.guess_wrong(first.challenge, 1);
    assert_eq!(phone.wait(599).issued(keyed(KEY)), first);
    assert_eq!(phone.sends.len(), 1);
    let answer = phone.issue(keyed(KEY_WITH_OTHER_FIELDS));
    assert_eq!(answer, Answer::Refused(Refusal::KeyReused));
    let later = phone.wait(1).issued(keyed(KEY));
    assert_ne!(later.challenge, first.challenge, "forgotten after ten minutes");
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
    let guess = |key| Guess { key, ..Guess::of(code) };
    assert!(!phone.guessed(id, guess(KEY)).replayed);
    let again = phone.wait(599).guessed(id, guess(KEY));
    assert_eq!(
        (again.outcome, again.replayed, again.number),
        (VerifyOutcome::Verified, true, None)
    );
    let other = phone.try_guess(id, guess(KEY_WITH_OTHER_FIELDS));
    assert_eq!(other, Answer::Refused(Refusal::KeyReused));
    let late = phone.wait(1).guessed(id, guess(KEY));
    assert_eq!((late.outcome, late.replayed), (VerifyOutcome::AlreadyUsed, false));
}

#[test]
fn a_wrong_guess_retried_with_its_key_counts_once() {
    let mut phone = Phone::new();
    let id = phone.login();
    let guess = |key| Guess { key, ..Guess::of(WRONG) };
    phone.guessed(id, guess(KEY));
    let again = phone.guessed(id, guess(KEY));
    assert_eq!((again.outcome, again.attempts_left), (VerifyOutcome::WrongCode, 4));
    let other = phone.try_guess(id, guess(KEY_WITH_OTHER_FIELDS));
    assert_eq!(other, Answer::Refused(Refusal::KeyReused));
    assert_eq!(phone.challenge(id).attempts_used, 1);
}

#[test]
fn calls_that_cost_nothing_do_not_pile_up() {
    let mut phone = Phone::test_number();
    let ask = Ask { key: KEY, ..Ask::default() };
    let first = phone.issued(ask.clone());
    (0..300).for_each(|_| drop(phone.issue(Ask::default())));
    assert_eq!(phone.record.operations.len(), 1, "a call without a name has no retry");
    for name in 1..=u8::MAX {
        phone.issue(Ask { key: Some((name, 2)), ..Ask::default() });
        phone.issue(Ask { key: Some((name, 3)), ..Ask::default() });
    }
    assert!(phone.record.operations.len() <= MAX_ANSWERS);
    assert_eq!(phone.issued(ask), first, "what cost a message is kept");
}
