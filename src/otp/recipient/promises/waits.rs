//! Reissue, resend waits, requested channels and how many messages there are.

use std::time::Duration;

use super::*;
use Channel::{Sms, Whatsapp};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn asking_again_returns_the_same_challenge_with_the_attempts_used() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.guess_wrong(id, 2);
    let again = phone.wait(60).issued(Ask::default());
    assert_eq!((again.challenge, again.reused), (id, true));
    assert_eq!((again.message_sent, again.attempts_left), (true, 3));
}

#[test]
fn a_double_click_sends_one_message() {
    let mut phone = Phone::new();
    let first = phone.issued(Ask::default());
    assert!(first.message_sent && !first.reused);
    let second = phone.issued(Ask::default());
    assert_eq!(second.challenge, first.challenge);
    assert!(second.reused && !second.message_sent);
    assert_eq!(phone.sends.len(), 1);
    assert_eq!(second.messages_left, first.messages_left);
}

#[test]
fn another_subject_purpose_or_caller_gets_a_challenge_of_its_own() {
    let mut phone = Phone::new();
    let id = phone.login();
    let others = [
        Ask::subject("bia"),
        Ask::purpose(Purpose::DeviceRegistration),
        Ask { caller: "shop", ..Ask::default() },
    ];
    assert!(others.into_iter().all(|ask| phone.begin(ask) != id));
}

#[test]
fn resends_wait_their_time_and_then_there_are_no_more() {
    let mut phone = Phone::new();
    let id = phone.login();
    for wait in [30, 60, 120] {
        phone.wait_for(wait * SECOND - Duration::from_millis(1));
        let refused = limited(phone.resend(id, None));
        assert_eq!(refused, (Limit::ResendWait, Duration::from_millis(1)));
        phone.wait_for(refused.1).resent(id);
    }
    assert_eq!(phone.challenge(id).resend_at, None);
    let answer = phone.wait(120).resend(id, None);
    assert_eq!(answer, Answer::Refused(Refusal::NoMessageLeft));
}

#[test]
fn when_the_waits_are_used_up_no_message_is_left_to_ask_for() {
    let mut phone = Phone::with_policy(|policy| policy.waits.truncate(1));
    let id = phone.login();
    assert_eq!(phone.wait(30).resent(id).resend_at, None);
    let answer = phone.wait(200).resend(id, None);
    assert_eq!(answer, Answer::Refused(Refusal::NoMessageLeft));
    let again = phone.issued(Ask::default());
    assert!(again.reused && !again.message_sent);
}

#[test]
fn fallbacks_and_resends_together_are_four_and_then_the_resend_time_is_unset() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::Unavailable);
    phone.wait(30).resend(id, Some(Whatsapp));
    let last = phone.wait(60).resent(id);
    assert_eq!((last.messages_left, last.resend_at), (0, None));
    assert_eq!(phone.challenge(id).deliveries.len(), 4);
}

#[test]
fn a_fallback_that_is_the_fourth_message_unsets_the_resend_time() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.wait(30).resent(id);
    phone.wait(60).resent(id);
    assert!(phone.challenge(id).resend_at.is_some());
    phone.sender(id, 3, FailureReason::Unavailable);
    assert_eq!(phone.challenge(id).deliveries.len(), 4);
    assert_eq!(phone.challenge(id).resend_at, None);
}

#[test]
fn within_the_wait_nothing_begins_however_the_last_challenge_ended() {
    let ends: [fn(&mut Phone, ChallengeId); 3] = [
        |phone, id| drop(phone.cancel(id)),
        |phone, id| phone.guess_wrong(id, 5),
        |phone, id| drop(phone.not_requested(id)),
    ];
    for end in ends {
        let mut phone = Phone::new();
        let id = phone.login();
        phone.wait(10);
        end(&mut phone, id);
        let before = phone.record.clone();
        let refused = limited(phone.issue(Ask::default()));
        assert_eq!(refused, (Limit::ResendWait, 20 * SECOND));
        assert_eq!(phone.record, before, "a refusal changes nothing");
        let fresh = phone.wait(20).issued(Ask::default());
        assert_eq!(fresh.resend_at, Some(phone.now + 30 * SECOND), "the first wait again");
    }
}

#[test]
fn the_wait_goes_on_after_a_superseded_challenge_is_cancelled() {
    let mut phone = Phone::new();
    phone.begin(Ask::payment(1));
    phone.wait(10);
    let second = phone.begin(Ask::payment(2));
    phone.cancel(second);
    let refused = limited(phone.issue(Ask::payment(3)));
    assert_eq!(refused, (Limit::ResendWait, 30 * SECOND));
}

#[test]
fn a_verification_clears_the_wait() {
    let mut phone = Phone::new();
    let id = phone.login();
    let code = phone.code(id, 1);
    phone.guess(id, code);
    let next = phone.issued(Ask::default());
    assert!(!next.reused);
    assert_eq!(next.resend_at, Some(phone.now + 30 * SECOND));
}

#[test]
fn another_payment_supersedes_without_the_wait_but_under_the_recipients_limit() {
    let mut phone = Phone::new();
    let mut last = phone.begin(Ask::payment(1));
    for payment in 2..=5 {
        let next = phone.begin(Ask::payment(payment));
        assert_eq!(phone.state(last), State::Superseded);
        last = next;
    }
    let (limit, wait) = limited(phone.issue(Ask::payment(6)));
    assert_eq!((limit, wait), (Limit::Recipient, 600 * SECOND));
    assert_eq!(phone.state(last), State::Pending, "a refused payment ends nothing");
}

#[test]
fn a_channel_asked_for_is_honoured_and_does_not_fall_back() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::by(Sms));
    assert_eq!(phone.road(id), [(Sms, Route::Requested)]);
    let id = phone.begin(Ask { channel: Some(Whatsapp), ..Ask::subject("bia") });
    phone.sender(id, 1, FailureReason::Unavailable);
    assert_eq!(phone.road(id), [(Whatsapp, Route::Requested)]);
    assert_eq!(phone.state(id), State::Undeliverable);
}

#[test]
fn a_resend_by_a_channel_asked_for_does_not_fall_back() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.wait(30).resend(id, Some(Whatsapp));
    phone.sender(id, 2, DeliveryStatus::Accepted);
    phone.alarm_after(20);
    assert_eq!(phone.road(id), [(Whatsapp, Route::Plan), (Whatsapp, Route::Requested)]);
    assert_eq!(phone.delivery(id, 2).status, DeliveryStatus::TimedOut);
}

#[test]
fn a_resend_starts_at_the_step_that_the_plan_has_reached() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::Unavailable);
    assert_eq!(phone.wait(30).resent(id).channel, Sms);
    let plan = [(Whatsapp, Route::Plan), (Sms, Route::Refused), (Sms, Route::Resend)];
    assert_eq!(phone.road(id), plan);
}

#[test]
fn a_resend_without_a_sender_is_refused_and_the_plan_stays() {
    let mut phone = Phone::with(|rules| {
        rules.sms_senders.clear();
        rules.policies.iter_mut().for_each(|p| p.plan = vec![Whatsapp, Whatsapp]);
    });
    let id = phone.login();
    let before = phone.wait(30).record.clone();
    assert_eq!(phone.resend(id, Some(Sms)), Answer::Refused(Refusal::NoSender(Sms)));
    assert_eq!(phone.record, before);
}
