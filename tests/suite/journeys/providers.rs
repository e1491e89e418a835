//! Providers that hang, break off, or answer and are not heard.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{Channel, DeliveryStatus as Status, FailureReason as Why, VerifyOutcome},
    simulator::{
        Behaviour,
        Channel::{Sms, WhatsApp},
        Fate, Step,
    },
};

use tokio::time::sleep;

use super::{Told, start, until_told};
use crate::support::{pombo::PATIENCE, world::number};

const READ: Told<'_> = (Channel::Whatsapp, Status::Read, Why::Unspecified, "plan");

/// The longest a send may take, however often it is tried.
const SEND_WINDOW: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_provider_that_hangs_costs_the_fallback_its_time_outs_and_no_more() {
    let ((world, pombo), to) = (start().await, number(1, "00"));
    world.simulator.script(&to, Behaviour::well().whatsapp(Fate::Hang));
    // The first call of a process has tables to load.
    pombo.issue(&number(2, "00")).await;
    let start = Instant::now();
    let id = pombo.issue(&to).await.challenge_id;
    println!("IssueCode answered after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(1), "no call waits for a provider");
    let message = world.message(&to, Sms, 1).await;
    println!("the SMS came after {:?}", start.elapsed());
    assert!(start.elapsed() < SEND_WINDOW + Duration::from_secs(1));
    let unheard = (Channel::Whatsapp, Status::TimedOut, Why::Unavailable, "plan");
    let sms = (Channel::Sms, Status::Delivered, Why::Unspecified, "undelivered");
    until_told(&pombo, &id, &[unheard, sms]).await;
    let verified = pombo.verify(&id, &message.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    let (whatsapp, sms) = world.asked(&to);
    assert!(whatsapp <= 3 && sms == 1, "{whatsapp} by WhatsApp, {sms} by SMS");
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_sent_again_with_the_same_code() {
    let ((world, pombo), to) = (start().await, number(1, "00"));
    let lost = Fate::Lose(vec![Step::Arrive]);
    world.simulator.script_each(&to, WhatsApp, [lost, Behaviour::well().whatsapp]);
    let id = pombo.issue(&to).await.challenge_id;
    let first = world.message(&to, WhatsApp, 1).await;
    let second = world.message(&to, WhatsApp, 2).await;
    assert_eq!(first.code, second.code);
    until_told(&pombo, &id, &[READ]).await;
    let verified = pombo.verify(&id, &first.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(world.asked(&to), (2, 0));
}

#[tokio::test]
async fn a_message_whose_receipt_comes_instead_of_its_answer_is_not_sent_again() {
    let ((world, pombo), to) = (start().await, number(1, "00"));
    let steps = [Step::Sent, Step::Pause, Step::Arrive, Step::Delivered, Step::Read];
    world.simulator.script_each(&to, WhatsApp, [Fate::Lose(steps.into())]);
    let id = pombo.issue(&to).await.challenge_id;
    until_told(&pombo, &id, &[READ]).await;
    // The send gives up only when its pause is over.
    let dropped = "pombo_sends_dropped_total{channel=\"whatsapp\"}";
    let start = Instant::now();
    while !pombo.metrics().await.contains_key(dropped) {
        assert!(start.elapsed() < PATIENCE, "the send should have been given up");
        sleep(Duration::from_millis(20)).await;
    }
    let message = world.message(&to, WhatsApp, 1).await;
    let verified = pombo.verify(&id, &message.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(world.asked(&to), (1, 0));
}

#[tokio::test]
async fn a_gateway_that_stumbles_once_costs_no_fallback() {
    let ((world, pombo), to) = (start().await, number(1, "00"));
    let fates = [Fate::Broken(503), Fate::Close, Behaviour::well().whatsapp];
    world.simulator.script_each(&to, WhatsApp, fates);
    let id = pombo.issue(&to).await.challenge_id;
    until_told(&pombo, &id, &[READ]).await;
    assert_eq!((world.asked(&to), world.arrived(&to)), ((3, 0), (1, 0)));
}
