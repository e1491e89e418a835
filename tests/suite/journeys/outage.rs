//! The store goes away and comes back; the process is told to stop.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{DeliveryStatus, VerifyOutcome, WatchChallengeRequest},
    simulator::{
        Behaviour,
        Channel::{Sms, WhatsApp},
        Fate, Step,
    },
};
use tokio::time::{sleep, timeout};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_types::StatusExt;

use crate::support::{
    long,
    pombo::{PATIENCE, Pombo, guess, login},
    redis_server::RedisServer,
    world::{World, brisk, number},
};

/// What callers may wait for while the store is away: a second, and what a busy machine adds.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// How soon all is well again.
const RECOVERY: Duration = Duration::from_secs(2);

async fn is_unavailable<T>(what: &str, call: impl Future<Output = Result<T, Status>>) {
    let start = Instant::now();
    let status = call.await.err().expect("there is no store");
    let took = start.elapsed();
    println!("{what} without a store: {:?} after {took:?}", status.code());
    assert_eq!(status.code(), Code::Unavailable, "{what}: {status:?}");
    assert!(
        status
            .get_details_retry_info()
            .is_some_and(|info| info.retry_delay.is_some())
    );
    assert!(took < AT_ONCE, "{what} took {took:?}");
}

async fn readiness(pombo: &Pombo) -> u16 {
    reqwest::get(format!("http://{}/readyz", pombo.admin))
        .await
        .unwrap()
        .status()
        .as_u16()
}

async fn health_stream(pombo: &Pombo) -> Streaming<HealthCheckResponse> {
    let mut client = HealthClient::new(pombo.connection().await);
    let request = HealthCheckRequest {
        service: "pombo.otp.v1.OtpService".to_owned(),
    };
    client.watch(request).await.unwrap().into_inner()
}

/// Waits until the health service says so.
async fn health(pombo: &Pombo, wanted: ServingStatus) {
    let mut stream = health_stream(pombo).await;
    let said = async { while stream.message().await.unwrap().unwrap().status() != wanted {} };
    timeout(PATIENCE, said)
        .await
        .expect("health should have changed");
}

async fn an_outage(away: impl FnOnce(&mut RedisServer), back: impl FnOnce(&mut RedisServer)) {
    let mut redis = RedisServer::start_lasting();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let to = number(1, "00");
    let id = pombo.issue(&to).await.challenge_id;
    let code = world.message(&to, WhatsApp, 1).await.code;
    pombo
        .until(&id, |challenge| {
            challenge.deliveries[0].status() == DeliveryStatus::Read
        })
        .await;
    health(&pombo, ServingStatus::Serving).await;

    away(&mut redis);
    for _ in 0..2 {
        is_unavailable("IssueCode", pombo.try_issue(login(&number(2, "00")))).await;
        is_unavailable("VerifyCode", pombo.try_verify(guess(&id, &code))).await;
    }
    assert_eq!(readiness(&pombo).await, 503);
    health(&pombo, ServingStatus::NotServing).await;

    back(&mut redis);
    let start = Instant::now();
    let verified = loop {
        match pombo.try_verify(guess(&id, &code)).await {
            Ok(verified) => break verified,
            Err(status) => assert!(start.elapsed() < RECOVERY, "{status:?}"),
        }
    };
    println!("works again after {:?}", start.elapsed());
    assert!(start.elapsed() < RECOVERY);
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    health(&pombo, ServingStatus::Serving).await;
    assert_eq!(readiness(&pombo).await, 200);
    pombo.terminate().await;
    assert_eq!(pombo.exit().await, 0, "the process has borne it all");
}

#[tokio::test]
async fn a_frozen_store_is_told_at_once_and_its_return_is_noticed() {
    an_outage(|redis| redis.pause(), |redis| redis.resume()).await;
}

#[tokio::test]
async fn a_dead_store_is_told_at_once_and_its_return_is_noticed() {
    an_outage(RedisServer::kill, RedisServer::restart).await;
}

#[tokio::test]
async fn a_receipt_that_finds_no_store_comes_in_later() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let pombo = world.serve().await;
    let to = number(1, "00");
    let steps = [
        Step::Wait(Duration::from_millis(500)),
        Step::Arrive,
        Step::Delivered,
    ];
    world
        .simulator
        .script_each(&to, WhatsApp, [Fate::accept(steps)]);
    let id = pombo.issue(&to).await.challenge_id;
    pombo
        .until(&id, |c| {
            c.deliveries[0].status() == DeliveryStatus::Accepted
        })
        .await;

    redis.pause();
    let refused = |line: &str| line.contains("a callback could not be taken in");
    pombo.stderr.wait_for("a callback refused", refused).await;
    redis.resume();

    let challenge = pombo
        .until(&id, |c| c.deliveries[0].status() > DeliveryStatus::Accepted)
        .await;
    assert_eq!(challenge.deliveries[0].status(), DeliveryStatus::Delivered);
    let metrics = pombo.metrics().await;
    assert!(metrics["pombo_webhooks_total{source=\"whatsapp\",result=\"store_away\"}"] >= 1.0);
}

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
    assert_eq!(
        healths.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );

    let start = Instant::now();
    pombo.terminate().await;
    let status = loop {
        if let Err(status) = changes.message().await {
            break status;
        }
    };
    assert_eq!(
        status.code(),
        Code::Unavailable,
        "not as if the challenge had concluded"
    );
    assert_eq!(
        healths.message().await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    assert_eq!(pombo.exit().await, 0);
    println!("stopped after {:?} with two streams open", start.elapsed());
    assert!(start.elapsed() < RECOVERY, "{:?}", start.elapsed());
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
    world
        .simulator
        .script(&to, Behaviour::well().whatsapp(Fate::Hang));
    pombo.issue(&to).await;
    world.request(&to, WhatsApp, 1).await;
    pombo.terminate().await;
    assert_eq!(pombo.exit().await, 0);
    assert_eq!(
        world.simulator.requests(&to, Sms),
        1,
        "its fallback is sent, too"
    );
}
