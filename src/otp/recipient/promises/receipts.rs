//! Deliveries: receipts in any order, whose message they name, and sends taken over.

use std::time::Duration;

use super::*;
use crate::otp::{Country, event::Carried};
use DeliveryStatus::*;

/// The answer to a receipt that told something new.
fn news() -> Answer {
    Answer::News(carried(None, 0))
}

fn carried(template: Option<&str>, seconds: u64) -> Carried {
    Carried {
        template: template.map(str::to_owned),
        country: Country::new("BR"),
        age: Duration::from_secs(seconds),
    }
}

#[test]
fn a_status_only_moves_forward() {
    let order = [Accepted, Sent, TimedOut, Failed, Delivered, Read];
    for (rank, &high) in order.iter().enumerate() {
        let mut phone = Phone::new();
        let id = phone.begin(Ask::by(Channel::Whatsapp));
        phone.receipt(id, 1, high);
        let before = phone.challenge(id).clone();
        for &late in &order[..=rank] {
            assert_eq!(phone.receipt(id, 1, late), Answer::Noted);
        }
        assert_eq!(*phone.challenge(id), before, "late or twice, it changes nothing");
    }
}

#[test]
fn a_message_may_be_read_before_it_is_delivered() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.receipt(id, 1, Read);
    phone.receipt(id, 1, Delivered);
    phone.sender(id, 1, Accepted);
    assert_eq!(phone.delivery(id, 1).status, Read);
    phone.alarm_after(20);
    assert_eq!(phone.challenge(id).deliveries.len(), 1, "it has arrived");
}

#[test]
fn a_message_that_was_given_up_may_still_arrive() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, Accepted);
    phone.alarm_after(20);
    assert_eq!(phone.delivery(id, 1).status, TimedOut);
    phone.receipt(id, 1, Delivered);
    assert_eq!(phone.delivery(id, 1).status, Delivered);
}

#[test]
fn a_receipt_moves_the_plan_only_from_the_delivery_at_which_it_stands() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.wait(30).resent(id);
    phone.receipt(id, 1, FailureReason::Unreachable);
    assert_eq!(phone.delivery(id, 1).status, Failed);
    assert_eq!(phone.challenge(id).deliveries.len(), 2);
    phone.receipt(id, 2, FailureReason::Unreachable);
    assert_eq!(phone.challenge(id).deliveries.len(), 3);
}

#[test]
fn a_receipt_says_what_the_message_went_in_and_how_long_ago_it_was_taken() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, News { template: Some("pt_BR"), ..Accepted.into() });
    let answer = phone.wait(7).receipt(id, 1, Delivered);
    assert_eq!(answer, Answer::News(carried(Some("pt_BR"), 7)));
    phone.cancel(id);
    assert_eq!(phone.delivery(id, 1).template, None, "erased with the rest");
    assert_eq!(phone.receipt(id, 1, Read), Answer::Noted, "what is over says nothing of now");
}

#[test]
fn a_receipt_of_another_message_is_ignored() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, News::of(Accepted, 1));
    let foreign = News { failure: Some(FailureReason::Unreachable.into()), ..News::of(Failed, 2) };
    assert_eq!(phone.receipt(id, 1, foreign), Answer::Ignored);
    assert_eq!(phone.delivery(id, 1).status, Accepted);
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 1)), news());
}

#[test]
fn a_receipt_of_an_unknown_challenge_or_delivery_is_ignored() {
    let mut phone = Phone::new();
    let id = phone.login();
    assert_eq!(phone.receipt(id, 2, Delivered), Answer::Ignored);
    assert_eq!(phone.receipt(ChallengeId([9; 32]), 1, Delivered), Answer::Ignored);
}

#[test]
fn a_receipt_may_come_before_our_own_commit_and_its_message_is_learnt() {
    let mut phone = Phone::new();
    let id = phone.login();
    assert_eq!(phone.receipt(id, 1, News::of(Sent, 1)), news());
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 2)), Answer::Ignored);
    phone.sender(id, 1, News::of(Accepted, 1));
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 1)), news());
    assert_eq!(phone.delivery(id, 1).status, Delivered);
}

#[test]
fn what_our_own_sender_was_told_is_known_whatever_receipt_came_first() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.receipt(id, 1, News::of(Sent, 9));
    phone.sender(id, 1, News::of(Accepted, 1));
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 1)), news());
    assert_eq!(phone.delivery(id, 1).status, Delivered);
}

#[test]
fn a_send_whose_sender_fell_silent_is_taken_over_with_a_fresh_code_beside_the_first() {
    for used in [0, 1] {
        let mut phone = Phone::new();
        let id = phone.login();
        let room = phone.record.messages.clone();
        phone.alarm_after(14);
        assert_eq!(phone.sends.len(), 1, "not before its time");
        phone.alarm_after(1);
        assert_eq!(phone.sends.len(), 2);
        assert_eq!(phone.sends[1].delivery, 1, "the same delivery");
        assert_eq!(phone.record.messages, room, "and the same place in the limits");
        let codes = phone.codes_of(id, 1);
        assert_ne!(codes[0], codes[1]);
        assert_eq!(phone.guess(id, codes[used]).outcome, VerifyOutcome::Verified);
    }
}

#[test]
fn a_delivery_taken_over_has_two_messages_and_receipts_of_both_count() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.alarm_after(15);
    phone.sender(id, 1, News::of(Accepted, 2));
    assert_eq!(phone.receipt(id, 1, News::of(Sent, 1)), news());
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 3)), Answer::Ignored);
    assert_eq!(phone.receipt(id, 1, News::of(Delivered, 1)), news());
    assert_eq!(phone.receipt(id, 1, News::of(Read, 2)), news());
}

#[test]
fn a_send_lost_twice_has_timed_out_and_the_plan_goes_on() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.alarm_after(15);
    phone.alarm_after(15);
    assert_eq!(phone.delivery(id, 1).status, TimedOut);
    assert_eq!(phone.delivery(id, 1).accepted_at, None, "no provider took it");
    let road = [(Channel::Whatsapp, Route::Plan), (Channel::Sms, Route::Undelivered)];
    assert_eq!(phone.road(id), road);
    phone.alarm_after(15);
    phone.alarm_after(15);
    assert_eq!(phone.delivery(id, 2).status, TimedOut);
    assert_eq!(phone.state(id), State::Pending, "it may still arrive");
    let code = phone.code(id, 1);
    assert_eq!(phone.guess(id, code).outcome, VerifyOutcome::Verified);
}

#[test]
fn nothing_is_sent_after_a_conclusion() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.cancel(id);
    phone.alarm_after(15);
    phone.sender(id, 1, FailureReason::Unavailable);
    phone.receipt(id, 1, FailureReason::Unreachable);
    assert_eq!(phone.delivery(id, 1).status, Failed, "the news is still taken in");
    assert_eq!(phone.sends.len(), 1);
}
