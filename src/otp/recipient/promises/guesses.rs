//! One-time; the order of answers; attempts; the payment that a code approves.

use super::*;
use VerifyOutcome::*;

#[test]
fn a_code_verifies_once() {
    let mut phone = Phone::new();
    let id = phone.login();
    let code = phone.code(id, 1);
    let first = phone.guess(id, code);
    assert_eq!(first.outcome, Verified);
    assert!(first.number.is_some(), "the verified number is told");
    let second = phone.guess(id, code);
    assert_eq!((second.outcome, second.number), (AlreadyUsed, None));
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::Concluded { .. })), 1);
}

#[test]
fn the_code_of_any_message_works_and_is_credited_to_it() {
    for used in 1..=4 {
        let (id, mut phone) = four_messages();
        let (code, channel) = (phone.code(id, used), phone.delivery(id, used).channel);
        assert_eq!(phone.guess(id, code).outcome, Verified);
        let challenge = phone.challenge(id);
        assert_eq!(challenge.conclusion.unwrap().used, Some(used));
        assert_eq!(challenge.used_channel(), Some(channel));
    }
}

#[test]
fn the_code_of_a_failed_message_works_too() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::Unavailable);
    let code = phone.code(id, 1);
    assert_eq!(phone.guess(id, code).outcome, Verified);
    assert_eq!(phone.challenge(id).used_channel(), Some(Channel::Whatsapp));
}

#[test]
fn a_code_equal_to_a_live_one_is_drawn_again() {
    let mut phone = Phone::new();
    phone.draws = vec![111_111, 111_111, 222_222];
    let id = phone.login();
    phone.wait(30).resent(id);
    assert_eq!((phone.code(id, 1), phone.code(id, 2)), (111_111, 222_222));
}

#[test]
fn all_messages_share_one_budget_of_attempts() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.guess_wrong(id, 3);
    assert_eq!(phone.wait(30).resent(id).attempts_left, 2);
    assert_eq!(phone.guess(id, WRONG).attempts_left, 1);
    assert_eq!(phone.guess(id, WRONG).attempts_left, 0);
    let code = phone.code(id, 2);
    assert_eq!(phone.guess(id, code).outcome, Exhausted);
}

#[test]
fn the_last_wrong_guess_is_wrong_and_the_next_finds_the_challenge_exhausted() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.guess_wrong(id, 4);
    let last = phone.guess(id, WRONG);
    assert_eq!((last.outcome, last.attempts_left), (WrongCode, 0));
    assert_eq!(phone.state(id), State::Exhausted);
    let code = phone.code(id, 1);
    let next = phone.guess(id, code);
    assert_eq!((next.outcome, next.attempts_left), (Exhausted, 0));
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::GuessCounted { .. })), 5);
}

#[test]
fn each_conclusion_has_its_own_answer() {
    let mut phone = Phone::unlimited();
    type End = fn(&mut Phone, ChallengeId);
    let ends: [(&str, End, _); 4] = [
        ("cancelled", |phone, id| drop(phone.cancel(id)), Cancelled),
        ("expired", |phone, _| _ = phone.wait(300), Expired),
        ("superseded", supersede, Superseded),
        ("undeliverable", fail_everywhere, Undeliverable),
    ];
    for (subject, end, outcome) in ends {
        let id = phone.begin(Ask { subject, ..Ask::payment(1) });
        end(&mut phone, id);
        let code = phone.code(id, 1);
        let guess = Guess { transaction: Some(1), ..Guess::of(code) };
        assert_eq!(phone.guessed(id, guess).outcome, outcome, "{subject}");
    }
}

fn supersede(phone: &mut Phone, _: ChallengeId) {
    let subject = "superseded";
    phone.begin(Ask { subject, ..Ask::payment(2) });
}

fn fail_everywhere(phone: &mut Phone, id: ChallengeId) {
    phone.sender(id, 1, FailureReason::Rejected);
    phone.sender(id, 2, FailureReason::Rejected);
}

#[test]
fn what_a_guess_is_told_first() {
    // Unknown before replayed before concluded before locked before the transaction before the code.
    let mut phone = Phone::unlimited();
    let id = phone.begin(Ask::payment(1));
    let code = phone.code(id, 1);
    let right = || Guess { transaction: Some(1), ..Guess::of(code) };
    let other_payment = || Guess { transaction: Some(2), ..Guess::of(code) };

    assert_eq!(phone.guessed(id, other_payment()).outcome, TransactionMismatch);
    let wrong = Guess { key: Some((1, 1)), ..Guess { code: WRONG, ..right() } };
    assert_eq!(phone.guessed(id, wrong).outcome, WrongCode);

    phone.rules.ledger.failures_in_a_row = 3;
    let locking = Guess { code: WRONG, ..right() };
    assert_eq!(phone.guessed(id, locking).attempts_left, 0);
    assert_eq!(phone.guessed(id, other_payment()).outcome, Locked);
    assert_eq!(phone.guessed(id, right()).outcome, Locked);

    phone.cancel(id);
    assert_eq!(phone.guessed(id, right()).outcome, Cancelled);
    let replay = Guess { key: Some((1, 1)), ..Guess { code: WRONG, ..right() } };
    assert_eq!(phone.guessed(id, replay).outcome, WrongCode);
    let stranger = Guess { caller: "stranger", key: Some((1, 1)), ..right() };
    assert_eq!(phone.guessed(id, stranger).outcome, UnknownChallenge);
}

#[test]
fn a_guess_bound_to_another_subject_or_purpose_meets_no_challenge_and_uses_no_attempt() {
    let mut phone = Phone::new();
    let id = phone.login();
    let code = phone.code(id, 1);
    for guess in [
        Guess { subject: Some("eve"), ..Guess::of(code) },
        Guess { purpose: Some(Purpose::Recovery), ..Guess::of(code) },
        Guess { caller: "stranger", ..Guess::of(code) },
    ] {
        let told = phone.guessed(id, guess);
        assert_eq!((told.outcome, told.attempts_left), (UnknownChallenge, 0));
        assert_eq!((told.challenge, told.number), (None, None));
    }
    let own = Guess { subject: Some(SUBJECT), purpose: Some(Purpose::Login), ..Guess::of(code) };
    assert_eq!(phone.guessed(id, own).outcome, Verified);
}

#[test]
fn a_code_for_one_payment_never_approves_another() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::payment(1));
    let code = phone.code(id, 1);
    for left in (0..5).rev() {
        let told = phone.guessed(id, Guess { transaction: Some(2), ..Guess::of(code) });
        assert_eq!((told.outcome, told.attempts_left), (TransactionMismatch, left));
    }
    assert_eq!(phone.state(id), State::Exhausted);
}

#[test]
fn a_payments_code_wants_the_payment_and_its_lack_uses_no_attempt() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::payment(1));
    let code = phone.code(id, 1);
    let answer = phone.try_guess(id, Guess::of(code));
    assert_eq!(answer, Answer::Refused(Refusal::TransactionMissing));
    assert_eq!(phone.challenge(id).attempts_used, 0);

    let login = phone.begin(Ask::subject("other"));
    let guess = Guess { transaction: Some(1), ..Guess::of(code) };
    let answer = phone.try_guess(login, guess);
    assert_eq!(answer, Answer::Refused(Refusal::TransactionUnexpected));
    assert_eq!(phone.challenge(login).attempts_used, 0);
}

/// WhatsApp, its fallback, and two resends.
fn four_messages() -> (ChallengeId, Phone) {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, DeliveryStatus::Accepted);
    phone.alarm_after(20);
    phone.sender(id, 2, DeliveryStatus::Accepted);
    phone.wait(10).resent(id);
    phone.sender(id, 3, DeliveryStatus::Accepted);
    phone.wait(60).resend(id, Some(Channel::Whatsapp));
    (id, phone)
}
