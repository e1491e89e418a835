//! What a caller may ask for: a channel, another message, a view of what happens.

use pombo::grpc::proto::{
    ChallengeState, Channel, ConclusionReason, DeliveryStatus as Status, FailureReason as Why,
    IssueCodeRequest, VerifyOutcome, WatchChallengeRequest,
};
use tonic::Code;

use super::{on, start, told, until_told};
use crate::support::{
    pombo::{Pombo, login},
    world::{World, number},
};

async fn issue_by(pombo: &Pombo, to: &str, channel: Channel) -> String {
    let request = IssueCodeRequest { requested_channel: channel.into(), ..login(to) };
    let issued = pombo.try_issue(request).await.unwrap();
    assert_eq!(issued.first_channel(), channel);
    issued.challenge_id
}

#[tokio::test]
async fn a_channel_asked_for_is_honoured_and_does_not_fall_back() {
    let (world, pombo) = start().await;
    let (silent, off) = (number(1, "03"), number(2, "01"));
    let waiting = issue_by(&pombo, &silent, Channel::Whatsapp).await;
    let timed_out = (Channel::Whatsapp, Status::TimedOut, Why::Unspecified, "requested");
    let challenge = until_told(&pombo, &waiting, &[timed_out]).await;
    assert_eq!(challenge.state(), ChallengeState::Pending, "it may still arrive");

    // Twice: what is known of the number does not stand against the caller's wish.
    for requests in 1..=2 {
        let refused = issue_by(&pombo, &off, Channel::Whatsapp).await;
        let challenge = pombo.end(&refused).await;
        assert_eq!(challenge.conclusion_reason(), ConclusionReason::NoChannelLeft);
        let failed = (Channel::Whatsapp, Status::Failed, Why::NotOnWhatsapp, "requested");
        assert_eq!(told(&challenge), [failed]);
        assert_eq!(world.asked(&off), (requests, 0));
    }
    assert_eq!(world.asked(&silent), (1, 0));
}

#[tokio::test]
async fn after_a_resend_either_code_works() {
    let (world, pombo) = start().await;
    for (index, nth, by) in [
        (1, 1, Channel::Whatsapp),
        (2, 2, Channel::Whatsapp),
        (3, 1, Channel::Whatsapp),
        (4, 1, Channel::Sms),
    ] {
        let to = number(index, "00");
        let id = pombo.issue(&to).await.challenge_id;
        let wish = if index > 2 { Channel::Sms } else { Channel::Unspecified };
        let resent = pombo.resend(&id, wish).await.unwrap();
        assert_eq!((resent.attempts_remaining, resent.messages_remaining), (5, 2));
        world.message(&to, on(resent.channel()), if index > 2 { 1 } else { 2 }).await;
        let message = world.message(&to, on(by), nth).await;
        let verified = pombo.verify(&id, &message.code).await;
        assert_eq!(verified.outcome(), VerifyOutcome::Verified);
        assert_eq!(verified.used_channel(), by);
    }
}

/// Asks for more until no more is to be had.
async fn exhaust(world: &World, pombo: &Pombo, to: &str, id: &str, sent: usize) {
    for left in (0..4 - sent).rev() {
        let resent = pombo.resend(id, Channel::Unspecified).await.unwrap();
        assert_eq!(resent.messages_remaining as usize, left);
        assert_eq!(resent.resend_time.is_some(), left > 0);
    }
    let refused = pombo.resend(id, Channel::Unspecified).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let again = pombo.issue(to).await;
    assert!(again.reused && !again.message_sent && again.challenge_id == id);
    let challenge =
        pombo.until(id, |c| c.deliveries.iter().all(|d| d.status() >= Status::TimedOut)).await;
    assert_eq!(challenge.deliveries.len(), 4);
    let (whatsapp, sms) = world.asked(to);
    assert_eq!(whatsapp + sms, 4);
}

#[tokio::test]
async fn a_challenge_sends_four_messages_at_most_and_all_their_codes_work() {
    let (world, pombo) = start().await;
    for index in 0..4 {
        let to = number(index, "00");
        let id = pombo.issue(&to).await.challenge_id;
        exhaust(&world, &pombo, &to, &id, 1).await;
        let message = world.message(&to, on(Channel::Whatsapp), 1 + index as usize).await;
        assert_eq!(pombo.verify(&id, &message.code).await.outcome(), VerifyOutcome::Verified);
    }
}

#[tokio::test]
async fn a_fallback_is_one_of_the_four() {
    let ((world, pombo), to) = (start().await, number(1, "01"));
    let id = pombo.issue(&to).await.challenge_id;
    world.message(&to, on(Channel::Sms), 1).await;
    exhaust(&world, &pombo, &to, &id, 2).await;
    assert_eq!(world.asked(&to), (1, 3), "a resend goes by the step that the plan has reached");
}

#[tokio::test]
async fn a_watcher_sees_each_change_and_then_the_end() {
    let ((world, pombo), to) = (start().await, number(1, "03"));
    let id = pombo.issue(&to).await.challenge_id;
    let request = WatchChallengeRequest { challenge_id: id.clone() };
    let mut stream = pombo.client().await.watch_challenge(request).await.unwrap().into_inner();
    let mut states = Vec::new();
    while let Some(change) = stream.message().await.unwrap() {
        let challenge = change.challenge.unwrap();
        let delivered = told(&challenge).last().is_some_and(|last| last.1 == Status::Delivered);
        let pending = challenge.state() == ChallengeState::Pending;
        assert_ne!(states.last(), Some(&challenge), "only changes are told");
        states.push(challenge);
        if delivered && pending {
            let code = world.message(&to, on(Channel::Sms), 1).await.code;
            pombo.verify(&id, &code).await;
        }
    }
    let end = states.pop().unwrap();
    assert_eq!((end.state(), end.used_channel()), (ChallengeState::Verified, Channel::Sms));
    let steps: Vec<_> = states.iter().flat_map(|state| told(state).last().copied()).collect();
    println!("watched: {steps:#?}");
    assert!(steps.is_sorted_by_key(|(channel, status, ..)| (*channel, *status)));
    let saw = |channel, status| steps.iter().any(|step| (step.0, step.1) == (channel, status));
    assert!(saw(Channel::Whatsapp, Status::Sent) && saw(Channel::Sms, Status::Sent));
}
