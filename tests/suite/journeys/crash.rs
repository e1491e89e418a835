//! A process may die at any instant: what it accepted goes on.

use std::time::Duration;

use pombo::{
    grpc::proto::{
        ChallengeState, Channel, DeliveryStatus, TimelineEvent, VerifyCodeRequest, VerifyOutcome,
    },
    simulator::{
        Behaviour,
        Channel::{Sms, WhatsApp},
        Fate,
    },
};

use crate::support::{
    all, long,
    pombo::{Pombo, guess, login},
    redis_server::RedisServer,
    world::{World, brisk, number},
};

/// Long enough to kill a process before its fallback is due.
const UNDELIVERED: (&str, &str) = ("DELIVERY__UNDELIVERED", "2s");

async fn world(redis: &RedisServer) -> World {
    World::new(&redis.url(), brisk(), &[UNDELIVERED]).await
}

/// Issues a code, and kills the process once the provider has taken the WhatsApp message.
async fn killed_before_the_fallback(world: &World, to: &str) -> String {
    let mut pombo = world.serve().await;
    let issued = pombo.issue(to).await;
    pombo
        .until(&issued.challenge_id, |c| {
            c.deliveries[0].status() >= DeliveryStatus::Accepted
        })
        .await;
    pombo.kill().await;
    assert_eq!(world.asked(to), (1, 0), "killed too late to prove anything");
    issued.challenge_id
}

async fn verifies(pombo: &Pombo, challenge_id: &str, code: &str, by: Channel) {
    let verified = pombo.verify(challenge_id, code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(verified.used_channel(), by);
    assert_eq!(pombo.metrics().await["pombo_live_challenges"], 0.0);
}

#[tokio::test]
async fn the_fallback_survives_the_process_that_planned_it() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let to = number(1, "03");
    let id = killed_before_the_fallback(&world, &to).await;
    let heir = world.serve().await;
    let message = world.message(&to, Sms, 1).await;
    verifies(&heir, &id, &message.code, Channel::Sms).await;
    assert_eq!(world.asked(&to), (1, 1));
}

#[tokio::test]
async fn a_late_message_of_a_dead_process_verifies_by_its_own_channel() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let to = number(2, "04");
    let id = killed_before_the_fallback(&world, &to).await;
    let heir = world.serve().await;
    let (sms, late) = (
        world.message(&to, Sms, 1).await,
        world.message(&to, WhatsApp, 1).await,
    );
    assert_ne!(sms.code, late.code);
    verifies(&heir, &id, &late.code, Channel::Whatsapp).await;
}

/// The first `hanging` WhatsApp requests for a number are never answered; the next one is.
fn hang(world: &World, to: &str, hanging: usize) {
    let fates = vec![Fate::Hang; hanging]
        .into_iter()
        .chain([Behaviour::well().whatsapp]);
    world.simulator.script_each(to, WhatsApp, fates);
}

#[tokio::test]
async fn a_send_cut_short_is_taken_over_once_with_a_fresh_code() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let to = number(3, "00");
    hang(&world, &to, 1);
    let mut pombo = world.replica().await;
    let heirs = [world.serve().await, world.replica().await];
    let issued = pombo.issue(&to).await;
    world.request(&to, WhatsApp, 1).await;
    pombo.kill().await;

    let message = world.message(&to, WhatsApp, 1).await;
    let read = |status: DeliveryStatus| status == DeliveryStatus::Read;
    let challenge = heirs[1]
        .until(&issued.challenge_id, |c| read(c.deliveries[0].status()))
        .await;
    assert_eq!(
        challenge.deliveries.len(),
        1,
        "the same delivery, not another"
    );
    let taken_over = |event: &TimelineEvent| *event == TimelineEvent::SendTakenOver;
    assert_eq!(
        challenge
            .timeline
            .iter()
            .map(|e| e.event())
            .filter(taken_over)
            .count(),
        1
    );
    verifies(
        &heirs[0],
        &issued.challenge_id,
        &message.code,
        Channel::Whatsapp,
    )
    .await;
    assert_eq!(world.asked(&to), (2, 0), "taken over by one replica, once");
    assert_eq!(world.arrived(&to), (1, 0));
}

#[tokio::test]
async fn a_send_that_kills_two_processes_gives_way_to_the_fallback() {
    if !long() {
        return println!("takes forty seconds: only with POMBO_TEST_LONG=1");
    }
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let to = number(4, "00");
    hang(&world, &to, 2);
    let mut id = String::new();
    for n in 1..=2 {
        let mut pombo = world.serve().await;
        if n == 1 {
            id = pombo.issue(&to).await.challenge_id;
        }
        world.request(&to, WhatsApp, n).await;
        pombo.kill().await;
    }
    let heir = world.serve().await;
    let message = world.message(&to, Sms, 1).await;
    assert_eq!(
        heir.get(&id).await.deliveries[0].status(),
        DeliveryStatus::TimedOut
    );
    verifies(&heir, &id, &message.code, Channel::Sms).await;
    assert_eq!(world.asked(&to), (2, 1));
}

#[tokio::test]
async fn a_kill_amid_many_issues_loses_none_that_were_accepted() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let mut pombo = world.replica().await;
    let heir = world.serve().await;
    let client = pombo.client().await;
    let issues = (0..60).map(|index| {
        let (mut client, to) = (client.clone(), number(100 + index, "00"));
        async move {
            // Spread, so that the kill finds them at every stage.
            tokio::time::sleep(Duration::from_millis(15) * index).await;
            let answer = client.issue_code(login(&to)).await;
            answer
                .ok()
                .map(|issued| (to, issued.into_inner().challenge_id))
        }
    });
    let middle = number(130, "00");
    let kill = async {
        world.request(&middle, WhatsApp, 1).await;
        pombo.kill().await;
    };
    let (issued, ()) = tokio::join!(all(issues), kill);
    let accepted: Vec<_> = issued.into_iter().flatten().collect();
    assert!(
        (10..60).contains(&accepted.len()),
        "{} of 60 accepted",
        accepted.len()
    );

    let mut messages = 0;
    for (to, id) in &accepted {
        let message = world.message(to, WhatsApp, 1).await;
        assert_eq!(
            heir.verify(id, &message.code).await.outcome(),
            VerifyOutcome::Verified
        );
        assert_eq!(heir.get(id).await.state(), ChallengeState::Verified);
        messages += world.arrived(to).0;
    }
    println!(
        "killed after {} accepted issues: {messages} messages, all verified",
        accepted.len()
    );
}

#[tokio::test]
async fn a_verification_whose_answer_died_is_told_again_to_the_same_key() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let mut pombo = world.replica().await;
    let heir = world.serve().await;
    let mut guesses = Vec::new();
    for index in 0..40 {
        let to = number(200 + index, "00");
        let id = pombo.issue(&to).await.challenge_id;
        let code = world.message(&to, WhatsApp, 1).await.code;
        let idempotency_key = format!("submit {index}");
        guesses.push(VerifyCodeRequest {
            idempotency_key,
            ..guess(&id, &code)
        });
    }
    let client = pombo.client().await;
    let (answered, mut first) = tokio::sync::mpsc::channel(64);
    let calls = guesses.iter().cloned().map(|guess| {
        let (mut client, answered) = (client.clone(), answered.clone());
        async move {
            let verified = client
                .verify_code(guess)
                .await
                .is_ok_and(|answer| answer.into_inner().outcome() == VerifyOutcome::Verified);
            answered.send(()).await.unwrap();
            verified
        }
    });
    let kill = async {
        first.recv().await.unwrap();
        pombo.kill().await;
    };
    let (verified, ()) = tokio::join!(all(calls), kill);
    let (mut lost, mut open) = (0, 0);
    for (guess, _) in guesses
        .into_iter()
        .zip(verified)
        .filter(|(_, verified)| !verified)
    {
        let answer = heir.try_verify(guess).await.unwrap();
        assert_eq!(answer.outcome(), VerifyOutcome::Verified);
        *(if answer.replayed {
            &mut lost
        } else {
            &mut open
        }) += 1;
    }
    println!(
        "killed amid 40 verifications: {lost} answers were lost, {open} calls had done nothing"
    );
    assert!(lost + open > 0, "killed too late to prove anything");
    assert_eq!(heir.metrics().await["pombo_live_challenges"], 0.0);
}
