//! The store goes away and comes back.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{DeliveryStatus, VerifyOutcome},
    simulator::{Channel::WhatsApp, Fate, Step, meta},
};
use serde_json::json;
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_types::StatusExt;

use crate::support::{
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
    assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
    assert!(took < AT_ONCE, "{what} took {took:?}");
}

async fn readiness(pombo: &Pombo) -> u16 {
    reqwest::get(format!("http://{}/readyz", pombo.admin)).await.unwrap().status().as_u16()
}

pub async fn health_stream(pombo: &Pombo) -> Streaming<HealthCheckResponse> {
    let mut client = HealthClient::new(pombo.connection().await);
    let request = HealthCheckRequest { service: "pombo.otp.v1.OtpService".to_owned() };
    client.watch(request).await.unwrap().into_inner()
}

/// Waits until the health service says so.
async fn health(pombo: &Pombo, wanted: ServingStatus) {
    let mut stream = health_stream(pombo).await;
    let said = async { while stream.message().await.unwrap().unwrap().status() != wanted {} };
    timeout(PATIENCE, said).await.expect("health should have changed");
}

async fn an_outage(away: impl FnOnce(&mut RedisServer), back: impl FnOnce(&mut RedisServer)) {
    let mut redis = RedisServer::start_lasting();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let mut pombo = world.serve().await;
    let to = number(1, "00");
    let id = pombo.issue(&to).await.challenge_id;
    let code = world.message(&to, WhatsApp, 1).await.code;
    pombo.until(&id, |challenge| challenge.deliveries[0].status() == DeliveryStatus::Read).await;
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

/// Posts a receipt as Meta would; returns what it is answered.
async fn post_receipt(pombo: &Pombo, id: &str) -> u16 {
    let status = json!({
        "id": "wamid.none",
        "status": "sent",
        "timestamp": "1700000000",
        "recipient_id": "5511900000100",
        "biz_opaque_callback_data": format!("{id}.1"),
    });
    let value = json!({ "messaging_product": "whatsapp", "statuses": [status] });
    let entry = json!({ "id": "1", "changes": [{ "field": "messages", "value": value }] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    let signature = meta::sign(&brisk().meta.app_secret, body.as_bytes());
    let call = reqwest::Client::new().post(format!("http://{}/webhooks/whatsapp", pombo.webhooks));
    let call = call.header("X-Hub-Signature-256", signature).body(body);
    call.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_receipt_that_finds_no_store_comes_in_later() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let pombo = world.serve().await;
    let to = number(1, "00");
    let steps = [Step::Wait(Duration::from_millis(500)), Step::Arrive, Step::Delivered];
    world.simulator.script_each(&to, WhatsApp, [Fate::accept(steps)]);
    let id = pombo.issue(&to).await.challenge_id;
    pombo.until(&id, |c| c.deliveries[0].status() == DeliveryStatus::Accepted).await;

    redis.pause();
    let refused = |line: &str| line.contains("a callback could not be taken in");
    pombo.stderr.wait_for("a callback refused", refused).await;
    assert_eq!(post_receipt(&pombo, &id).await, 503, "so that it is told again");
    redis.resume();

    let challenge = pombo.until(&id, |c| c.deliveries[0].status() > DeliveryStatus::Accepted).await;
    assert_eq!(challenge.deliveries[0].status(), DeliveryStatus::Delivered);
    let metrics = pombo.metrics().await;
    assert!(metrics["pombo_webhooks_total{source=\"whatsapp\",result=\"store_away\"}"] >= 1.0);
}
