//! The recipient's limit, the failure ledger, and limits on shared keys.

use std::time::Duration;

use super::*;
use crate::otp::event::Verdict;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn messages_count_over_all_callers_purposes_and_subjects() {
    let mut phone = Phone::new();
    let asks = [
        Ask::default(),
        Ask::subject("bia"),
        Ask::purpose(Purpose::DeviceRegistration),
        Ask { caller: "shop", ..Ask::default() },
        Ask::payment(1),
    ];
    for ask in asks {
        phone.wait(1).begin(ask);
    }
    let refused = limited(phone.issue(Ask::subject("eve")));
    assert_eq!(refused, (Limit::Recipient, 596 * SECOND));
    phone.wait_for(refused.1 - Duration::from_millis(1));
    let refused = limited(phone.issue(Ask::subject("eve")));
    assert_eq!(refused.1, Duration::from_millis(1));
    phone.wait_for(refused.1).begin(Ask::subject("eve"));
}

#[test]
fn fallbacks_count_too() {
    let mut phone = Phone::new();
    for subject in ["ana", "bia"] {
        let id = phone.begin(Ask::subject(subject));
        phone.sender(id, 1, FailureReason::Unavailable);
    }
    assert_eq!(phone.issued(Ask::subject("eve")).messages_left, 0);
    assert_eq!(limited(phone.issue(Ask::subject("leo"))).0, Limit::Recipient);
}

#[test]
fn messages_left_is_the_smaller_of_the_challenges_and_the_recipients() {
    let mut phone = Phone::new();
    assert_eq!(phone.issued(Ask::default()).messages_left, 3);
    assert_eq!(phone.issued(Ask::subject("bia")).messages_left, 3);
    assert_eq!(phone.issued(Ask::subject("eve")).messages_left, 2);
}

#[test]
fn where_the_number_is_unproven_half_of_each_window_may_be_used() {
    for purpose in [Purpose::Signup, Purpose::Recovery, Purpose::PhoneChange] {
        let mut phone = Phone::new();
        for subject in ["a", "b", "c"] {
            phone.begin(Ask { subject, ..Ask::purpose(purpose) });
        }
        let ask = Ask { subject: "d", ..Ask::purpose(purpose) };
        assert_eq!(limited(phone.issue(ask)), (Limit::Recipient, 600 * SECOND));
        assert_eq!(phone.issued(Ask::default()).messages_left, 1, "the owner's login goes on");
    }
}

#[test]
fn a_resend_is_under_the_recipients_limit() {
    let mut phone = Phone::new();
    let id = phone.login();
    for subject in ["a", "b", "c", "d"] {
        phone.begin(Ask::subject(subject));
    }
    let refused = limited(phone.wait(30).resend(id, None));
    assert_eq!(refused, (Limit::Recipient, 570 * SECOND));
    let again = phone.issued(Ask::default());
    assert!(again.reused && !again.message_sent);
}

#[test]
fn of_several_limits_the_longest_is_told_so_that_who_waits_succeeds() {
    let mut phone = Phone::new();
    let id = phone.login();
    for subject in ["a", "b", "c", "d"] {
        phone.begin(Ask::subject(subject));
    }
    assert_eq!(limited(phone.resend(id, None)), (Limit::Recipient, 600 * SECOND));
    phone.cancel(id);
    let (limit, wait) = limited(phone.issue(Ask::default()));
    assert_eq!((limit, wait), (Limit::Recipient, 600 * SECOND));
    phone.wait_for(wait).login();
}

#[test]
fn ten_wrong_guesses_in_a_row_lock_the_flow_for_half_an_hour() {
    let mut phone = Phone::unlimited();
    let id = phone.login();
    phone.guess_wrong(id, 5);
    let id = phone.wait(30).login();
    phone.guess_wrong(id, 4);
    assert_eq!(phone.guess(id, WRONG).attempts_left, 0);
    let (limit, wait) = limited(phone.wait(30).issue(Ask::default()));
    assert_eq!((limit, wait), (Limit::Locked, 1770 * SECOND));
    phone.wait_for(wait).login();
}

#[test]
fn a_lock_is_told_once_with_its_end_and_before_the_conclusion_that_it_brings() {
    let mut phone = Phone::with(|rules| rules.ledger.failures_in_a_row = 5);
    let id = phone.login();
    phone.guess_wrong(id, 4);
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::Locked { .. })), 0);
    phone.guess_wrong(id, 1);
    phone.guess(id, WRONG);
    let until = phone.now + 1800 * SECOND;
    let story: Vec<_> = phone.facts.iter().map(|fact| &fact.kind).collect();
    let [.., locked, FactKind::Concluded { state: State::Exhausted, .. }] = story[..] else {
        panic!("{story:?}");
    };
    assert_eq!(*locked, FactKind::Locked { until });
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::Locked { .. })), 1);
}

#[test]
fn the_row_survives_resend_reissue_cancel_and_expiry() {
    let mut phone = Phone::unlimited();
    let id = phone.login();
    phone.guess_wrong(id, 2);
    phone.wait(30).resent(id);
    phone.guess_wrong(id, 2);
    phone.cancel(id);
    let id = phone.wait(60).login();
    phone.guess_wrong(id, 4);
    phone.wait(30).issued(Ask::default());
    phone.alarm_after(300);
    assert_eq!(phone.state(id), State::Expired);
    let issued = phone.issued(Ask::default());
    assert_eq!(issued.attempts_left, 2, "the smaller of challenge and ledger");
    let id = issued.challenge;
    phone.guess(id, WRONG);
    assert_eq!(phone.guess(id, WRONG).attempts_left, 0);
    let code = phone.code(id, 1);
    let locked = phone.guess(id, code);
    assert_eq!(locked.outcome, VerifyOutcome::Locked);
    assert_eq!(locked.unlocks_at, Some(phone.now + 1800 * SECOND));
    assert_eq!(phone.state(id), State::Pending);
}

#[test]
fn a_lock_stops_reissues_resends_and_fallbacks() {
    let mut phone = Phone::with(|rules| rules.ledger.failures_in_a_row = 3);
    let id = phone.login();
    phone.sender(id, 1, DeliveryStatus::Accepted);
    phone.guess_wrong(id, 3);
    phone.alarm_after(30);
    assert_eq!(limited(phone.issue(Ask::default())).0, Limit::Locked);
    assert_eq!(limited(phone.resend(id, None)).0, Limit::Locked);
    assert_eq!(phone.sends.len(), 1);
}

#[test]
fn a_verification_clears_the_row_and_not_the_days_count() {
    let mut phone = Phone::unlimited();
    let start = phone.now;
    for _ in 0..4 {
        let id = phone.wait(60).login();
        phone.guess_wrong(id, 4);
        let code = phone.code(id, 1);
        assert_eq!(phone.guess(id, code).outcome, VerifyOutcome::Verified);
    }
    let issued = phone.issued(Ask::default());
    assert_eq!(issued.attempts_left, 4, "twenty within a day, sixteen are gone");
    phone.guess_wrong(issued.challenge, 4);
    let (limit, wait) = limited(phone.issue(Ask::default()));
    assert_eq!(limit, Limit::Locked);
    assert_eq!(phone.now + wait, start + 60 * SECOND + DAY, "until the first is a day old");
    let id = phone.wait_for(wait).login();
    assert_eq!(phone.look(id).attempts_left, 4);
}

#[test]
fn each_caller_purpose_and_subject_has_a_ledger_of_its_own() {
    let mut phone = Phone::with(|rules| {
        rules.recipient.clear();
        rules.ledger.failures_in_a_row = 5;
    });
    let id = phone.login();
    phone.guess_wrong(id, 5);
    assert_eq!(limited(phone.issue(Ask::default())).0, Limit::Locked);
    for ask in [
        Ask::subject("bia"),
        Ask::purpose(Purpose::Recovery),
        Ask { caller: "shop", ..Ask::default() },
    ] {
        assert_eq!(phone.issued(ask).attempts_left, 5);
    }
}

#[test]
fn a_limit_on_a_shared_key_refuses_and_changes_nothing() {
    let mut phone = Phone::new();
    let (limit, wait) = (Limit::ClientIp, 7 * SECOND);
    phone.verdict = Verdict::Refused { limit, wait };
    let before = phone.record.clone();
    assert_eq!(limited(phone.issue(Ask::default())), (limit, wait));
    assert_eq!(phone.record, before);
}

#[test]
fn a_limit_on_a_shared_key_holds_the_message_of_a_reissue_and_no_new_payment_supersedes() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::payment(1));
    let (limit, wait) = (Limit::Subject, 7 * SECOND);
    phone.verdict = Verdict::Refused { limit, wait };
    let again = phone.wait(30).issued(Ask::payment(1));
    assert!(again.reused && !again.message_sent);
    assert_eq!(limited(phone.issue(Ask::payment(2))), (limit, wait));
    assert_eq!(phone.state(id), State::Pending);
}
