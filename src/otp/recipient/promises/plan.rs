//! The plan: what makes it leave a step, and when there is nothing left to try.

use std::time::Duration;

use super::*;
use crate::otp::Time;
use Channel::{Sms, Whatsapp};
use DeliveryStatus::{Accepted, Delivered, Read, TimedOut};

/// What happened to a message on WhatsApp, and the reason that its fallback gives.
#[track_caller]
fn falls_back(mut phone: Phone, because: fn(&mut Phone, ChallengeId), reason: Route) {
    let id = phone.login();
    because(&mut phone, id);
    assert_eq!(phone.road(id), [(Whatsapp, Route::Plan), (Sms, reason)]);
    let moved = FactKind::FellBack { from: Whatsapp, to: Sms, reason };
    assert_eq!(phone.told(|fact| *fact == moved), 1);
    assert_ne!(phone.code(id, 1), phone.code(id, 2), "a fresh code for each message");
}

#[test]
fn a_refused_send_leaves_the_step() {
    let refused = |phone: &mut Phone, id| drop(phone.sender(id, 1, FailureReason::RateLimited));
    falls_back(Phone::new(), refused, Route::Refused);
}

#[test]
fn a_failed_receipt_leaves_the_step() {
    let failed = |phone: &mut Phone, id| {
        phone.sender(id, 1, Accepted);
        phone.receipt(id, 1, FailureReason::Unreachable);
    };
    falls_back(Phone::new(), failed, Route::Failed);
}

#[test]
fn a_missing_receipt_leaves_the_step_twenty_seconds_after_its_acceptance() {
    let silent = |phone: &mut Phone, id| {
        phone.wait(5).sender(id, 1, Accepted);
        phone.wait(10).receipt(id, 1, DeliveryStatus::Sent);
        let due = phone.record.alarm(&phone.rules).unwrap();
        assert_eq!(due.since(phone.now), Duration::from_secs(10));
        phone.alarm_after(9);
        assert_eq!(phone.challenge(id).deliveries.len(), 1);
        phone.alarm_after(1);
        assert_eq!(phone.delivery(id, 1).status, TimedOut);
    };
    falls_back(Phone::new(), silent, Route::Undelivered);
}

#[test]
fn a_send_without_an_answer_leaves_the_step() {
    let unknown = |phone: &mut Phone, id| drop(phone.sender(id, 1, TimedOut));
    falls_back(Phone::new(), unknown, Route::Undelivered);
}

#[test]
fn an_unread_message_leaves_the_step_where_that_is_switched_on() {
    let unread = |phone: &mut Phone, id| {
        phone.receipt(id, 1, Delivered);
        phone.alarm_after(45);
        assert_eq!(phone.delivery(id, 1).status, Delivered, "it did arrive");
    };
    let watched = || Phone::with_policy(|policy| policy.unread = Some(Duration::from_secs(45)));
    falls_back(watched(), unread, Route::Unread);

    for (mut phone, status) in [(watched(), Read), (Phone::new(), Delivered)] {
        let id = phone.login();
        phone.receipt(id, 1, status);
        phone.alarm_after(60);
        assert_eq!(phone.challenge(id).deliveries.len(), 1);
    }
}

#[test]
fn a_message_that_led_to_no_verification_leaves_the_step_where_that_is_switched_on() {
    let unverified = |phone: &mut Phone, id| {
        phone.sender(id, 1, Accepted);
        phone.wait(5).receipt(id, 1, Read);
        phone.alarm_after(55);
    };
    let minute = Some(Duration::from_secs(60));
    let phone = Phone::with_policy(|policy| policy.unverified = minute);
    falls_back(phone, unverified, Route::Unverified);
}

#[test]
fn a_number_known_not_to_be_on_whatsapp_starts_at_the_next_step_for_a_day() {
    let mut phone = Phone::new();
    let id = phone.login();
    let told_at = phone.now;
    phone.wait(60);
    phone.receipt_of(told_at, id, 1, FailureReason::NotOnWhatsapp);
    let next = phone.begin(Ask::subject("bia"));
    assert_eq!(phone.road(next), [(Sms, Route::NotOnWhatsapp)]);

    phone.now = told_at + Duration::from_secs(86_400) - Duration::from_millis(1);
    let next = phone.login();
    assert_eq!(phone.road(next), [(Sms, Route::NotOnWhatsapp)]);
    phone.now = told_at + Duration::from_secs(86_400);
    let next = phone.begin(Ask::subject("bia"));
    assert_eq!(phone.road(next), [(Whatsapp, Route::Plan)]);
}

#[test]
fn a_receipt_that_tells_no_time_counts_as_of_now() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.receipt_of(Time::LATEST, id, 1, FailureReason::NotOnWhatsapp);
    assert_eq!(phone.record.off_whatsapp_since, Some(phone.now));
}

#[test]
fn a_resend_does_not_go_back_to_whatsapp_once_the_number_is_known_not_to_be_there() {
    let mut phone = Phone::new();
    let (id, other) = (phone.login(), phone.begin(Ask::subject("bia")));
    phone.receipt(other, 1, FailureReason::NotOnWhatsapp);
    assert_eq!(phone.wait(30).resent(id).channel, Sms);
    assert_eq!(phone.road(id)[1], (Sms, Route::NotOnWhatsapp));
}

#[test]
fn whatsapp_is_honoured_when_asked_for_whatever_is_known() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::NotOnWhatsapp);
    phone.wait(30).resend(id, Some(Whatsapp));
    assert_eq!(phone.road(id)[2], (Whatsapp, Route::Requested));
    let asked = phone.begin(Ask { channel: Some(Whatsapp), ..Ask::subject("bia") });
    assert_eq!(phone.road(asked), [(Whatsapp, Route::Requested)]);
}

#[test]
fn a_later_delivery_on_whatsapp_shows_that_the_number_is_there() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::NotOnWhatsapp);
    phone.wait(30).resend(id, Some(Whatsapp));
    let earlier = phone.now - Duration::from_secs(60);
    phone.receipt_of(earlier, id, 3, Delivered);
    assert!(phone.record.off_whatsapp_since.is_some(), "older news proves nothing");
    phone.receipt(id, 3, Read);
    assert_eq!(phone.record.off_whatsapp_since, None);
}

#[test]
fn a_challenge_is_undeliverable_when_every_delivery_has_failed() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::Rejected);
    assert_eq!(phone.state(id), State::Pending);
    phone.receipt(id, 2, FailureReason::Unreachable);
    let conclusion = phone.challenge(id).conclusion.unwrap();
    assert_eq!(conclusion.state, State::Undeliverable);
    assert_eq!(conclusion.reason, ConclusionReason::NoChannelLeft);
}

#[test]
fn a_silent_delivery_keeps_the_challenge_pending_until_it_expires_or_fails() {
    for fails in [false, true] {
        let mut phone = Phone::new();
        let id = phone.login();
        phone.sender(id, 1, Accepted);
        phone.alarm_after(20);
        phone.sender(id, 2, FailureReason::Rejected);
        assert_eq!(phone.state(id), State::Pending, "the first may still arrive");
        if fails {
            phone.receipt(id, 1, FailureReason::Unreachable);
            assert_eq!(phone.state(id), State::Undeliverable);
        } else {
            phone.alarm_after(280);
            assert_eq!(phone.state(id), State::Expired);
        }
    }
}

#[test]
fn a_fallback_goes_out_only_while_there_is_room() {
    let mut phone = Phone::with(|rules| rules.recipient = vec!["1/10m".parse().unwrap()]);
    let id = phone.login();
    phone.sender(id, 1, Accepted);
    phone.alarm_after(20);
    assert_eq!(phone.challenge(id).deliveries.len(), 1);
    assert_eq!(phone.state(id), State::Pending);
    assert_eq!(phone.delivery(id, 1).status, TimedOut);
}

#[test]
fn a_plan_never_comes_back_to_a_step_that_it_left() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, Accepted);
    phone.alarm_after(20);
    phone.receipt(id, 1, FailureReason::Unreachable);
    phone.sender(id, 2, Accepted);
    phone.alarm_after(20);
    phone.alarm_after(20);
    assert_eq!(phone.challenge(id).deliveries.len(), 2);
}

#[test]
fn a_new_identity_behind_the_number_ends_the_challenge_without_a_fallback() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.receipt(id, 1, FailureReason::IdentityChanged);
    let reason = phone.challenge(id).conclusion.unwrap().reason;
    assert_eq!(reason, ConclusionReason::IdentityChanged);
    assert_eq!(phone.sends.len(), 1);
}
