//! How long a challenge lives.

use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_challenge_lives_from_the_last_message_asked_for_up_to_its_longest_life() {
    let mut phone = Phone::new();
    let start = phone.now;
    let id = phone.login();
    assert_eq!(phone.challenge(id).expires_at, start + 300 * SECOND);
    phone.wait(290).resent(id);
    assert_eq!(phone.challenge(id).expires_at, start + 590 * SECOND);
    phone.wait(290).resent(id);
    assert_eq!(phone.challenge(id).expires_at, start + 600 * SECOND);
}

#[test]
fn a_wait_that_outlives_the_challenge_is_no_promise_of_a_message() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.wait(290).resent(id);
    let last = phone.wait(290).resent(id);
    assert_eq!(last.resend_at, None, "two minutes from now it has long expired");
    let answer = phone.resend(id, None);
    assert_eq!(answer, Answer::Refused(Refusal::NoMessageLeft));
    phone.alarm_after(20);
    let refused = limited(phone.issue(Ask::default()));
    assert_eq!(refused, (Limit::ResendWait, 100 * SECOND));
}

#[test]
fn fallbacks_move_neither_waits_nor_expiry() {
    let mut phone = Phone::new();
    let asked = phone.issued(Ask::default());
    phone.sender(asked.challenge, 1, DeliveryStatus::Accepted);
    phone.alarm_after(20);
    let challenge = phone.challenge(asked.challenge);
    assert_eq!(challenge.deliveries.len(), 2);
    assert_eq!(challenge.expires_at, asked.expires_at);
    assert_eq!(challenge.resend_at, asked.resend_at);
    phone.wait(10).resent(asked.challenge);
}

#[test]
fn any_event_after_its_time_first_concludes_a_challenge_as_expired() {
    let events: [fn(&mut Phone, ChallengeId); 6] = [
        |phone, id| drop(phone.look(id)),
        |phone, id| drop(phone.cancel(id)),
        |phone, id| drop(phone.resend(id, None)),
        |phone, id| drop(phone.receipt(id, 1, DeliveryStatus::Delivered)),
        |phone, id| drop(phone.not_requested(id)),
        |phone, _| phone.alarm_after(0),
    ];
    for event in events {
        let mut phone = Phone::new();
        let id = phone.login();
        phone.wait_for(300 * SECOND - Duration::from_millis(1)).look(id);
        assert_eq!(phone.state(id), State::Pending);
        phone.wait_for(Duration::from_millis(1));
        event(&mut phone, id);
        let conclusion = phone.challenge(id).conclusion.unwrap();
        assert_eq!((conclusion.state, conclusion.reason), (State::Expired, ConclusionReason::Time));
    }
}
