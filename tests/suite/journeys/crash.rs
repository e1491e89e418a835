//! A process may die at any instant: what it accepted goes on.

use pombo::{
    grpc::proto::{Channel, DeliveryStatus, TimelineEvent, VerifyOutcome},
    simulator::{
        Behaviour,
        Channel::{Sms, WhatsApp},
        Fate,
    },
};

use crate::support::{
    long,
    pombo::Pombo,
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
        .until(&issued.challenge_id, |c| c.deliveries[0].status() >= DeliveryStatus::Accepted)
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
    let (sms, late) = (world.message(&to, Sms, 1).await, world.message(&to, WhatsApp, 1).await);
    assert_ne!(sms.code, late.code);
    verifies(&heir, &id, &late.code, Channel::Whatsapp).await;
}

/// The first `hanging` WhatsApp requests for a number are never answered; the next one is.
fn hang(world: &World, to: &str, hanging: usize) {
    let fates = vec![Fate::Hang; hanging].into_iter().chain([Behaviour::well().whatsapp]);
    world.simulator.script_each(to, WhatsApp, fates);
}

#[tokio::test]
async fn a_send_cut_short_is_taken_over_once_with_a_fresh_code() {
    let redis = RedisServer::start();
    let world = world(&redis).await;
    let to = number(3, "00");
    hang(&world, &to, 1);
    let mut pombo = world.serve_another().await;
    let heirs = [world.serve().await, world.serve_another().await];
    let issued = pombo.issue(&to).await;
    world.request(&to, WhatsApp, 1).await;
    pombo.kill().await;

    let message = world.message(&to, WhatsApp, 1).await;
    let read = |status: DeliveryStatus| status == DeliveryStatus::Read;
    let challenge = heirs[1].until(&issued.challenge_id, |c| read(c.deliveries[0].status())).await;
    assert_eq!(challenge.deliveries.len(), 1, "the same delivery, not another");
    let taken_over = |event: &TimelineEvent| *event == TimelineEvent::SendTakenOver;
    assert_eq!(challenge.timeline.iter().map(|e| e.event()).filter(taken_over).count(), 1);
    verifies(&heirs[0], &issued.challenge_id, &message.code, Channel::Whatsapp).await;
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
    assert_eq!(heir.get(&id).await.deliveries[0].status(), DeliveryStatus::TimedOut);
    verifies(&heir, &id, &message.code, Channel::Sms).await;
    assert_eq!(world.asked(&to), (2, 1));
}
