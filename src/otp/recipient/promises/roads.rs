//! Who carries a message: the senders of a channel in their order, led around what is closed.

use super::*;
use crate::otp::{Cause, ClosedRoad, Country, Failure, event::Feedback};
use Channel::{Sms, Whatsapp};
use DeliveryStatus::{Accepted, Delivered, TimedOut};

/// Cloud API before AWS for WhatsApp, AWS before Twilio for text messages.
fn phone() -> Phone {
    Phone::with(|rules| {
        rules.whatsapp_senders = ["cloud", "aws"].map(str::to_owned).into();
        rules.sms_senders = ["aws", "twilio"].map(str::to_owned).into();
    })
}

fn closed(channel: Channel, sender: &str) -> ClosedRoad {
    ClosedRoad { channel, sender: sender.into(), country: None }
}

#[test]
fn a_senders_failure_leads_to_the_next_sender_of_the_channel_and_then_to_the_next_step() {
    let mut phone = phone();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::Unavailable);
    phone.receipt(id, 2, FailureReason::Misconfigured);
    phone.sender(id, 3, FailureReason::RateLimited);
    let route = [
        ("cloud", Route::Plan),
        ("aws", Route::Refused),
        ("aws", Route::Failed),
        ("twilio", Route::Refused),
    ];
    assert_eq!(phone.senders(id), route);
    let fell = FactKind::FellBack { from: Whatsapp, to: Sms, reason: Route::Failed };
    assert_eq!(phone.told(|fact| *fact == fell), 1);
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::FellBack { .. })), 1);
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::ChangedSender { .. })), 2);
    let codes: Vec<_> = (1..=4).map(|number| phone.code(id, number)).collect();
    assert!((1..4).all(|at| !codes[..at].contains(&codes[at])), "a fresh code for each");
}

#[test]
fn a_recipients_failure_is_tried_by_no_other_sender_of_the_channel() {
    for reason in
        [FailureReason::NotOnWhatsapp, FailureReason::BlockedAsFraud, FailureReason::Unreachable]
    {
        let mut phone = phone();
        let id = phone.login();
        phone.sender(id, 1, reason);
        assert_eq!(phone.road(id), [(Whatsapp, Route::Plan), (Sms, Route::Refused)], "{reason:?}");
        phone.receipt(id, 2, FailureReason::BlockedAsFraud);
        assert_eq!(phone.challenge(id).deliveries.len(), 2, "nor by another text message");
        assert_eq!(phone.look(id).challenge.state(), State::Undeliverable);
    }
}

#[test]
fn what_failed_for_the_recipient_no_other_sender_tries_when_another_message_is_asked_for() {
    let stop = Failure { reason: FailureReason::Rejected, cause: Cause::Recipient };
    for failure in [FailureReason::BlockedAsFraud.into(), stop] {
        for (first, then) in [("aws", "twilio"), ("twilio", "aws")] {
            let mut phone = phone();
            phone.rules.sms_senders = [first, then].map(str::to_owned).into();
            let id = phone.login();
            phone.sender(id, 1, Accepted);
            phone.alarm_after(20);
            phone.receipt(id, 2, failure);
            assert_eq!(phone.state(id), State::Pending, "WhatsApp may still come");
            phone.closed = vec![closed(Sms, first)];
            phone.wait(30).resent(id);
            assert_eq!(phone.senders(id)[2].0, first, "closed or not");
            phone.sender(id, 3, FailureReason::RateLimited);
            assert_eq!(phone.challenge(id).deliveries.len(), 3, "nor when that fails by itself");
        }
    }
}

#[test]
fn whose_failure_it_was_counts_and_not_its_name() {
    let mut phone = phone();
    let id = phone.login();
    let reason = FailureReason::Unreachable;
    phone.sender(id, 1, Failure { reason, cause: Cause::Sender });
    assert_eq!(phone.senders(id)[1].0, "aws");
    phone.sender(id, 2, Failure { reason: FailureReason::Rejected, cause: Cause::Recipient });
    assert_eq!(phone.road(id)[2].0, Sms);
}

#[test]
fn a_provider_that_does_not_answer_is_left_and_silence_of_a_phone_leaves_the_channel() {
    let mut phone = phone();
    let id = phone.login();
    phone.sender(id, 1, TimedOut);
    phone.sender(id, 2, Accepted);
    phone.alarm_after(20);
    let route = [("cloud", Route::Plan), ("aws", Route::Undelivered), ("aws", Route::Undelivered)];
    assert_eq!(phone.senders(id), route);
    assert_eq!(phone.road(id)[2].0, Sms);
}

#[test]
fn a_closed_road_is_left_out_and_the_delivery_says_so() {
    let mut phone = phone();
    phone.closed = vec![closed(Whatsapp, "cloud")];
    let id = phone.login();
    assert_eq!(phone.senders(id), [("aws", Route::CircuitOpen)]);

    let mut phone = self::phone();
    phone.closed = vec![closed(Whatsapp, "cloud"), closed(Whatsapp, "aws"), closed(Sms, "aws")];
    let issued = phone.issued(Ask::default());
    assert_eq!(issued.first_channel, Some(Sms));
    assert_eq!(phone.senders(issued.challenge), [("twilio", Route::CircuitOpen)]);
    assert_eq!(phone.told(|fact| matches!(fact, FactKind::FellBack { .. })), 0);
    phone.sender(issued.challenge, 1, FailureReason::Unavailable);
    let state = phone.look(issued.challenge).challenge.state();
    assert_eq!(state, State::Undeliverable, "the plan never comes back to what it left out");
}

#[test]
fn where_every_road_is_closed_the_first_one_is_taken() {
    let mut phone = Phone::new();
    phone.closed = vec![closed(Whatsapp, "cloud"), closed(Sms, "twilio")];
    let id = phone.login();
    assert_eq!(phone.senders(id), [("cloud", Route::Plan)]);
    phone.sender(id, 1, FailureReason::Unavailable);
    assert_eq!(phone.senders(id)[1], ("twilio", Route::Refused));
}

#[test]
fn a_road_may_be_closed_for_one_country() {
    for (country, sender) in [("BR", "aws"), ("PT", "cloud")] {
        let mut phone = phone();
        let country = Some(Country::new(country));
        phone.closed = vec![ClosedRoad { country, ..closed(Whatsapp, "cloud") }];
        let id = phone.login();
        assert_eq!(phone.senders(id)[0].0, sender);
    }
}

#[test]
fn a_resend_goes_around_what_is_closed_too() {
    let mut phone = phone();
    let id = phone.login();
    phone.receipt(id, 1, Delivered);
    phone.closed = vec![closed(Whatsapp, "cloud"), closed(Whatsapp, "aws")];
    assert_eq!(phone.wait(30).resent(id).channel, Sms);
    assert_eq!(phone.senders(id)[1], ("aws", Route::CircuitOpen));
}

#[test]
fn a_channel_asked_for_is_served_by_whoever_can() {
    let mut phone = phone();
    phone.closed = vec![closed(Sms, "aws")];
    let id = phone.begin(Ask::by(Sms));
    assert_eq!(phone.senders(id), [("twilio", Route::Requested)]);
}

#[test]
fn who_took_a_message_over_is_who_had_it() {
    let mut phone = phone();
    let id = phone.login();
    phone.closed = vec![closed(Whatsapp, "cloud")];
    phone.alarm_after(15);
    let senders: Vec<_> = phone.sends.iter().map(|send| send.sender.as_str()).collect();
    assert_eq!((phone.challenge(id).deliveries.len(), senders), (1, vec!["cloud", "cloud"]));
}

#[test]
fn a_provider_that_asked_for_it_hears_what_became_of_each_code() {
    let mut phone = phone();
    let id = phone.begin(Ask::by(Sms));
    phone.sender(id, 1, News { reference: Some("first"), ..Accepted.into() });
    phone.wait(30).resent(id);
    phone.sender(id, 2, News { reference: Some("second"), ..Accepted.into() });
    let code = phone.code(id, 2);
    phone.guess(id, code);
    let told = |reference: &str, used| Feedback {
        channel: Sms,
        sender: "aws".into(),
        reference: reference.into(),
        used,
    };
    assert_eq!(phone.feedback, [told("first", false), told("second", true)]);
    let kept = phone.challenge(id).deliveries.iter().filter(|it| it.reference.is_some());
    assert_eq!(kept.count(), 0, "erased with the rest");
}

#[test]
fn a_message_accepted_after_the_end_leaves_nothing_to_tell() {
    let mut phone = phone();
    let id = phone.begin(Ask::by(Sms));
    phone.cancel(id);
    phone.sender(id, 1, News { reference: Some("late"), ..Accepted.into() });
    assert_eq!((phone.delivery(id, 1).reference.clone(), phone.feedback.len()), (None, 0));
}

#[test]
fn where_a_sender_is_no_more_those_that_are_go_on() {
    let mut phone = phone();
    let id = phone.begin(Ask::by(Sms));
    phone.rules.sms_senders = vec!["vonage".to_owned()];
    phone.sender(id, 1, FailureReason::Misconfigured);
    assert_eq!(phone.senders(id), [("aws", Route::Requested), ("vonage", Route::Refused)]);
}
