//! The process is told to stop, and finishes what it began.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{VerifyOutcome, WatchChallengeRequest},
    simulator::{
        Behaviour,
        Channel::{Sms, WhatsApp},
        Fate,
    },
};
use tokio::time::sleep;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use super::outage::health_stream;
use crate::support::{
    long,
    pombo::guess,
    redis_server::RedisServer,
    world::{World, brisk, number},
};

/// How soon a process without work has stopped.
const SOON: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_call_under_way_is_answered_before_the_process_stops() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let to = number(1, "00");
    let id = pombo.issue(&to).await.challenge_id;
    let code = world.message(&to, WhatsApp, 1).await.code;
    let mut client = pombo.client().await;

    redis.pause();
    let call = tokio::spawn(async move { client.verify_code(guess(&id, &code)).await });
    // Nothing tells that a call has come in; the store's silence holds it for longer than this.
    sleep(Duration::from_millis(200)).await;
    pombo.terminate().await;
    redis.resume();
    let answer = call.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.outcome(), VerifyOutcome::Verified);
    assert_eq!(pombo.exit().await, 0);
}

#[tokio::test]
async fn what_was_issued_is_sent_before_the_process_stops() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let to = number(1, "00");
    pombo.issue(&to).await;
    pombo.terminate().await;
    assert_eq!(pombo.exit().await, 0);
    assert_eq!(world.asked(&to), (1, 0));
}

#[tokio::test]
async fn who_watches_is_told_of_the_stop_and_does_not_hold_it_up() {
    let world = World::new("memory:", brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let challenge_id = pombo.issue(&number(1, "03")).await.challenge_id;
    let request = WatchChallengeRequest { challenge_id };
    let changes = pombo.client().await.watch_challenge(request).await;
    let mut changes = changes.unwrap().into_inner();
    changes.message().await.unwrap().unwrap();
    let mut healths = health_stream(&pombo).await;
    assert_eq!(healths.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let start = Instant::now();
    pombo.terminate().await;
    let status = loop {
        if let Err(status) = changes.message().await {
            break status;
        }
    };
    assert_eq!(status.code(), Code::Unavailable, "not as if the challenge had concluded");
    assert_eq!(healths.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(pombo.exit().await, 0);
    println!("stopped after {:?} with two streams open", start.elapsed());
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_send_that_hangs_is_seen_to_its_end_before_the_process_stops() {
    if !long() {
        return println!("takes fifteen seconds: only with POMBO_TEST_LONG=1");
    }
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let to = number(1, "00");
    world.simulator.script(&to, Behaviour::well().whatsapp(Fate::Hang));
    pombo.issue(&to).await;
    world.request(&to, WhatsApp, 1).await;
    pombo.terminate().await;
    assert_eq!(pombo.exit().await, 0);
    assert_eq!(world.simulator.requests(&to, Sms), 1, "its fallback is sent, too");
}
