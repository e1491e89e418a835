//! Text messages that a rule against toll fraud stands in the way of.

use std::time::Duration;

use super::*;
use crate::otp::{
    event::Testimony,
    toll::{Hit, Rule},
};
use Channel::{Sms, Whatsapp};

const WAIT: Duration = Duration::from_secs(90);

/// Whose text messages are withheld.
fn withheld() -> Phone {
    let mut phone = Phone::new();
    phone.hit = Some(Hit { rule: Rule::PrefixBudget, wait: WAIT, enforced: true });
    phone
}

fn told_withheld(fact: &FactKind) -> bool {
    *fact == FactKind::TextWithheld { rule: Rule::PrefixBudget, enforced: true }
}

#[test]
fn whatsapp_goes_on_and_nothing_is_asked_for_it() {
    let mut phone = withheld();
    let id = phone.login();
    assert_eq!(phone.road(id), [(Whatsapp, Route::Plan)]);
    assert_eq!(phone.told(told_withheld), 0);
}

#[test]
fn a_fallback_is_not_taken_and_the_challenge_lives_on() {
    let mut phone = withheld();
    let id = phone.login();
    phone.sender(id, 1, DeliveryStatus::Accepted);
    phone.alarm_after(20);
    assert_eq!(phone.road(id), [(Whatsapp, Route::Plan)]);
    assert_eq!(phone.told(told_withheld), 1);
    let late = phone.code(id, 1);
    assert_eq!(phone.guess(id, late).outcome, VerifyOutcome::Verified, "it came all the same");
}

#[test]
fn without_a_channel_left_the_challenge_is_undeliverable() {
    let mut phone = withheld();
    let id = phone.login();
    phone.sender(id, 1, FailureReason::NotOnWhatsapp);
    assert_eq!((phone.state(id), phone.told(told_withheld)), (State::Undeliverable, 1));
}

#[test]
fn who_asks_for_another_message_gets_it_by_what_the_plan_had_left() {
    let mut phone = withheld();
    let id = phone.login();
    phone.sender(id, 1, DeliveryStatus::Accepted);
    phone.alarm_after(30);
    assert_eq!(phone.resent(id).channel, Whatsapp);
    assert_eq!(phone.road(id), [(Whatsapp, Route::Plan), (Whatsapp, Route::Resend)]);
}

#[test]
fn who_asks_for_a_text_message_is_told_the_rule_and_costs_nothing() {
    let mut phone = withheld();
    let before = phone.record.clone();
    assert_eq!(limited(phone.issue(Ask::by(Sms))), (Limit::PrefixBudget, WAIT));
    assert_eq!(phone.record, before);
    let id = phone.login();
    phone.wait(30);
    assert_eq!(limited(phone.resend(id, Some(Sms))), (Limit::PrefixBudget, WAIT));
    let reused = phone.issued(Ask::by(Sms));
    assert_eq!((reused.challenge, reused.message_sent), (id, false), "as with any other limit");
}

#[test]
fn what_is_only_observed_is_told_and_sent() {
    let mut phone = withheld();
    phone.hit = phone.hit.map(|hit| Hit { enforced: false, ..hit });
    let id = phone.begin(Ask::by(Sms));
    let noted = FactKind::TextWithheld { rule: Rule::PrefixBudget, enforced: false };
    assert_eq!((phone.challenge(id).deliveries.len(), phone.told(|it| *it == noted)), (1, 1));
}

#[test]
fn nobody_pays_for_a_test_number() {
    let mut phone = withheld();
    phone.test = true;
    let id = phone.begin(Ask::by(Sms));
    assert_eq!(phone.guess(id, FIXED).outcome, VerifyOutcome::Verified);
}

#[test]
fn who_cancels_after_a_minute_did_not_verify_and_before_that_nobody_can_tell() {
    for (seconds, told) in [(60, Testimony::EndedEarly), (61, Testimony::Unverified)] {
        let mut phone = Phone::new();
        let id = phone.begin(Ask::by(Sms));
        phone.sender(id, 1, DeliveryStatus::Accepted);
        phone.wait(seconds).cancel(id);
        assert_eq!(phone.settlements.remove(0).testimony, Some(told), "after {seconds} s");
    }
    let mut untaken = Phone::new();
    let id = untaken.begin(Ask::by(Sms));
    untaken.wait(61).cancel(id);
    let told = untaken.settlements.remove(0).testimony;
    assert_eq!(told, Some(Testimony::EndedEarly), "no provider has taken it yet");
    let mut silent = Phone::new();
    let id = silent.begin(Ask::by(Sms));
    silent.sender(id, 1, DeliveryStatus::TimedOut);
    silent.cancel(id);
    assert_eq!(silent.settlements.remove(0).testimony, None, "no provider may ever have");
}

#[test]
fn a_text_message_that_is_sent_again_is_asked_for_again_and_settled_with_the_first() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::by(Sms));
    phone.alarm_after(15);
    assert_eq!(phone.sends.len(), 2);
    let code = phone.code(id, 1);
    assert_eq!(phone.guess(id, code).outcome, VerifyOutcome::Verified);
    let texts = phone.settlements.remove(0).texts;
    let settled: Vec<_> = texts.iter().map(|it| (it.delivery.number, it.again)).collect();
    assert_eq!(settled, [(1, true), (1, false)]);
}

#[test]
fn of_a_text_message_that_was_sent_again_and_refused_the_first_may_have_gone_out() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::by(Sms));
    phone.alarm_after(15);
    phone.sender(id, 1, FailureReason::Rejected);
    let settled = phone.settlements.remove(0);
    assert!(settled.refused.iter().all(|it| it.again) && settled.refused.len() == 1);
    assert!(settled.texts.iter().all(|it| !it.again) && settled.texts.len() == 1);
}

#[test]
fn a_text_message_that_a_provider_took_or_may_have_taken_is_not_refused() {
    let failed = |perhaps_taken| News { perhaps_taken, ..FailureReason::Unreachable.into() };
    let settled = |tell: &dyn Fn(&mut Phone, ChallengeId) -> Answer| {
        let mut phone = Phone::new();
        let id = phone.begin(Ask::by(Sms));
        tell(&mut phone, id);
        let told = phone.settlements.remove(0);
        (told.texts.len(), told.refused.len())
    };
    assert_eq!(settled(&|phone, id| phone.receipt(id, 1, failed(false))), (1, 0), "by a receipt");
    assert_eq!(settled(&|phone, id| phone.sender(id, 1, failed(true))), (1, 0), "it broke off");
    assert_eq!(settled(&|phone, id| phone.sender(id, 1, failed(false))), (0, 1));
}

#[test]
fn of_a_text_message_that_no_provider_took_for_certain_the_silence_tells_nothing() {
    let told = |seconds, news: Option<News>| {
        let mut phone = Phone::new();
        let id = phone.begin(Ask::by(Sms));
        if let Some(news) = news {
            phone.sender(id, 1, news);
        }
        phone.alarm_after(seconds);
        phone.settlements.remove(0).testimony
    };
    let broken = News { perhaps_taken: true, ..FailureReason::Unavailable.into() };
    assert_eq!(told(0, Some(broken)), None, "it broke off, and there is nobody else to send it");
    assert_eq!(told(600, Some(DeliveryStatus::TimedOut.into())), None, "no answer");
    assert_eq!(told(600, Some(DeliveryStatus::Accepted.into())), Some(Testimony::Unverified));
}

#[test]
fn late_news_of_the_first_text_message_tells_nothing_of_the_second() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::by(Sms));
    let first = phone.delivery(id, 1).retry_at;
    phone.alarm_after(15);
    let broken = News { perhaps_taken: true, ..DeliveryStatus::TimedOut.into() };
    phone.sender_of(first, id, 1, broken);
    phone.sender(id, 1, FailureReason::Rejected);
    let settled = phone.settlements.remove(0);
    assert_eq!((settled.texts.len(), settled.refused.len(), settled.testimony), (1, 1, None));
}

#[test]
fn a_code_from_the_first_text_message_verifies_it_though_the_second_was_refused() {
    let mut phone = Phone::new();
    let id = phone.login();
    phone.sender(id, 1, DeliveryStatus::Accepted);
    phone.alarm_after(20);
    let code = phone.code(id, 2);
    phone.alarm_after(15);
    phone.sender(id, 2, FailureReason::Rejected);
    assert_eq!(phone.guess(id, code).outcome, VerifyOutcome::Verified);
    let settled = phone.settlements.remove(0);
    assert_eq!(settled.testimony, Some(Testimony::Verified));
    assert_eq!((settled.texts.len(), settled.refused.len()), (1, 1));
}

#[test]
fn a_second_message_that_is_withheld_is_not_sent() {
    let mut phone = Phone::new();
    let id = phone.begin(Ask::by(Sms));
    phone.hit = withheld().hit;
    phone.alarm_after(15);
    assert_eq!((phone.sends.len(), phone.told(told_withheld)), (1, 1));
    assert_eq!(phone.delivery(id, 1).status, DeliveryStatus::TimedOut, "the first may have gone");
}
