//! Each scripted number as a promise: which messages go out, what is told of them, how it ends.

use std::time::Duration;

use pombo::{
    grpc::proto::{
        ChallengeState, Channel, ConclusionReason, DeliveryStatus as Status, FailureReason as Why,
        VerifyOutcome,
    },
    simulator::{self, Fate, Step},
};
use tokio::time::{Instant, sleep};

use super::{Told, on, start, until_told};
use crate::support::{
    pombo::{PATIENCE, Pombo},
    world::{World, number},
};

const NO_FAULT: Why = Why::Unspecified;

const READ: Told<'_> = (Channel::Whatsapp, Status::Read, NO_FAULT, "plan");

const fn sms(route: &str) -> Told<'_> {
    (Channel::Sms, Status::Delivered, NO_FAULT, route)
}

const fn off_whatsapp() -> Told<'static> {
    (Channel::Whatsapp, Status::Failed, Why::NotOnWhatsapp, "plan")
}

/// Issues a code to a number with these digits, and waits until this is told of its deliveries, with
/// so many requests sent by WhatsApp and by SMS.
async fn issued(
    (world, pombo): &(World, Pombo),
    to: &str,
    wanted: &[Told<'_>],
    asked: (usize, usize),
) -> String {
    let id = pombo.issue(to).await.challenge_id;
    let challenge = until_told(pombo, &id, wanted).await;
    assert_eq!(challenge.state(), ChallengeState::Pending);
    assert_eq!(world.asked(to), asked);
    id
}

/// Verifies with the code that came by a channel.
async fn verifies((world, pombo): &(World, Pombo), to: &str, id: &str, by: Channel) {
    let message = world.message(to, on(by), 1).await;
    let verified = pombo.verify(id, &message.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(verified.used_channel(), by);
    let challenge = pombo.get(id).await;
    assert_eq!(challenge.state(), ChallengeState::Verified);
    assert_eq!(challenge.conclusion_reason(), ConclusionReason::CodeMatched);
    assert_eq!(challenge.used_channel(), by);
}

#[tokio::test]
async fn when_all_is_well_one_message_is_read() {
    let (both, to) = (start().await, number(1, "00"));
    let id = issued(&both, &to, &[READ], (1, 0)).await;
    assert_eq!(both.0.arrived(&to), (1, 0));
    verifies(&both, &to, &id, Channel::Whatsapp).await;
}

#[tokio::test]
async fn a_number_refused_by_whatsapp_gets_an_sms_and_from_then_on_only_that() {
    let (both, to) = (start().await, number(1, "01"));
    let id = issued(&both, &to, &[off_whatsapp(), sms("refused")], (1, 1)).await;
    verifies(&both, &to, &id, Channel::Sms).await;
    let id = issued(&both, &to, &[sms("not_on_whatsapp")], (1, 2)).await;
    let message = both.0.message(&to, simulator::Channel::Sms, 2).await;
    assert_eq!(both.1.verify(&id, &message.code).await.used_channel(), Channel::Sms);
}

#[tokio::test]
async fn a_number_reported_not_to_be_on_whatsapp_gets_an_sms_and_from_then_on_only_that() {
    let (both, to) = (start().await, number(1, "02"));
    let id = issued(&both, &to, &[off_whatsapp(), sms("failed")], (1, 1)).await;
    verifies(&both, &to, &id, Channel::Sms).await;
    issued(&both, &to, &[sms("not_on_whatsapp")], (1, 2)).await;
}

#[tokio::test]
async fn a_phone_that_is_off_gets_an_sms() {
    let (both, to) = (start().await, number(1, "03"));
    let silent = (Channel::Whatsapp, Status::TimedOut, NO_FAULT, "plan");
    let id = issued(&both, &to, &[silent, sms("undelivered")], (1, 1)).await;
    assert_eq!(both.0.arrived(&to), (0, 1));
    verifies(&both, &to, &id, Channel::Sms).await;
}

#[tokio::test]
async fn a_late_message_counts_for_itself() {
    let (both, to) = (start().await, number(1, "04"));
    let id = issued(&both, &to, &[READ, sms("undelivered")], (1, 1)).await;
    assert_eq!(both.0.arrived(&to), (1, 1));
    verifies(&both, &to, &id, Channel::Whatsapp).await;
}

/// Waits until so many callbacks of a provider have been taken in: nothing else tells.
async fn until_taken(pombo: &Pombo, provider: &str, wanted: f64) {
    let series = format!("pombo_webhooks_total{{source=\"{provider}\",result=\"taken\"}}");
    let start = Instant::now();
    while pombo.metrics().await.get(&series).is_none_or(|taken| *taken < wanted) {
        assert!(start.elapsed() < PATIENCE, "{wanted} callbacks did not come");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn receipts_twice_and_out_of_order_turn_nothing_back() {
    let (both, to) = (start().await, number(1, "05"));
    let id = issued(&both, &to, &[READ], (1, 0)).await;
    until_taken(&both.1, "whatsapp", 6.0).await;
    until_told(&both.1, &id, &[READ]).await;
    let sent = both.1.resend(&id, Channel::Sms).await.unwrap();
    assert_eq!(sent.channel(), Channel::Sms);
    until_taken(&both.1, "twilio", 4.0).await;
    until_told(&both.1, &id, &[READ, sms("requested")]).await;
    verifies(&both, &to, &id, Channel::Whatsapp).await;
}

#[tokio::test]
async fn with_all_receipts_lost_two_messages_come_and_either_code_works() {
    let both = start().await;
    for (index, by) in [(1, Channel::Whatsapp), (2, Channel::Sms)] {
        let to = number(index, "06");
        let silent = |by, route| (by, Status::TimedOut, NO_FAULT, route);
        let silent = [silent(Channel::Whatsapp, "plan"), silent(Channel::Sms, "undelivered")];
        let id = issued(&both, &to, &silent, (1, 1)).await;
        assert_eq!(both.0.arrived(&to), (1, 1));
        verifies(&both, &to, &id, by).await;
    }
}

#[tokio::test]
async fn a_rate_limit_is_tried_three_times_and_then_left_for_sms() {
    let (both, to) = (start().await, number(1, "07"));
    let limited = (Channel::Whatsapp, Status::Failed, Why::RateLimited, "plan");
    let id = issued(&both, &to, &[limited, sms("refused")], (3, 1)).await;
    verifies(&both, &to, &id, Channel::Sms).await;
    // It says nothing of the number: the next code begins with WhatsApp again.
    issued(&both, &to, &[limited, sms("refused")], (6, 2)).await;
}

#[tokio::test]
async fn where_nothing_arrives_the_challenge_ends_at_once() {
    let ((world, pombo), to) = (start().await, number(1, "08"));
    let id = pombo.issue(&to).await.challenge_id;
    let challenge = pombo.end(&id).await;
    assert_eq!(challenge.state(), ChallengeState::Undeliverable);
    assert_eq!(challenge.conclusion_reason(), ConclusionReason::NoChannelLeft);
    let unreachable = (Channel::Sms, Status::Failed, Why::Unreachable, "failed");
    assert_eq!(super::told(&challenge), [off_whatsapp(), unreachable]);
    assert_eq!((world.asked(&to), world.arrived(&to)), ((1, 1), (0, 0)));
    assert_eq!(pombo.verify(&id, "123456").await.outcome(), VerifyOutcome::Undeliverable);
}

#[tokio::test]
async fn who_did_not_ask_for_a_code_ends_it_and_gets_no_more() {
    let ((world, pombo), to) = (start().await, number(1, "09"));
    let silent = number(2, "00");
    // The tap is the only word of it: no receipt keeps its fallback from coming.
    let steps = [Step::Arrive, Step::Wait(Duration::from_millis(300)), Step::DidNotRequest];
    world.simulator.script_each(&silent, simulator::Channel::WhatsApp, [Fate::accept(steps)]);
    for to in [&to, &silent] {
        let id = pombo.issue(to).await.challenge_id;
        let challenge = pombo.end(&id).await;
        assert_eq!(challenge.state(), ChallengeState::Cancelled);
        assert_eq!(challenge.conclusion_reason(), ConclusionReason::NotRequestedByRecipient);
        let code = world.message(to, simulator::Channel::WhatsApp, 1).await.code;
        assert_eq!(pombo.verify(&id, &code).await.outcome(), VerifyOutcome::Cancelled);
    }
    // A fallback asked for later has come: theirs would have come before it.
    let clock = number(3, "03");
    pombo.issue(&clock).await;
    world.message(&clock, simulator::Channel::Sms, 1).await;
    assert_eq!((world.asked(&to), world.asked(&silent)), ((1, 0), (1, 0)));
}
