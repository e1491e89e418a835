//! Over replicas each partition's events go by one of them at a time.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{
    is_verified_flow,
    receiver::{Receiver, kinds},
    stored, verified, world,
};
use crate::support::{
    all,
    pombo::{PATIENCE, Pombo},
    redis_server::RedisServer,
    world::number,
};

#[tokio::test]
async fn two_replicas_tell_each_event_and_no_partition_twice_at_once() {
    let redis = RedisServer::start();
    let receiver = Receiver::start().await;
    // Few partitions, so that the replicas are in each other's way.
    let more = [("STORE__PARTITIONS", "2")];
    let world = std::sync::Arc::new(world(&redis.url(), &receiver, &more).await);
    let replicas = [world.serve().await, world.serve_another().await].map(std::sync::Arc::new);
    let flows = (0..30).map(|index| {
        let (world, pombo) = (world.clone(), replicas[index as usize % 2].clone());
        async move { verified(&world, &pombo, &number(index, "00")).await }
    });
    let challenges = all(flows).await;
    let came = receiver.concluded(&challenges).await;
    let by_challenge = kinds(&came);
    for id in &challenges {
        is_verified_flow(&by_challenge[id]);
    }
    assert_eq!(came.len(), stored(&redis).await, "each event that was stored");
    assert_eq!(receiver.overlaps(), 0);
    assert_eq!(receiver.tries().len(), came.len(), "and none twice");
    told(&[&replicas[0], &replicas[1]], came.len()).await;
}

#[tokio::test]
async fn what_a_killed_replica_held_is_taken_over() {
    let redis = RedisServer::start();
    let receiver = Receiver::start().await;
    let world = world(&redis.url(), &receiver, &[]).await;
    receiver.answer(|_| None);
    let mut dying = world.serve().await;
    let id = verified(&world, &dying, &number(1, "00")).await;
    let tried = receiver.until_tried("the first event", |came| !came.is_empty()).await;
    assert_eq!(tried[0].kind(), "challenge.issued");
    dying.kill().await;

    receiver.answer(|_| Some(200));
    let heir = world.serve().await;
    let came = receiver.concluded(std::slice::from_ref(&id)).await;
    is_verified_flow(&kinds(&came)[&id]);
    assert_eq!(came[0].text("id"), tried[0].text("id"), "the same event has the same id");
    told(&[&heir], came.len()).await;
}

/// Waits until these have counted so many events as taken: a moment after the receiver has them.
async fn told(replicas: &[&Pombo], wanted: usize) {
    let start = Instant::now();
    loop {
        let mut sum = 0.0;
        for pombo in replicas {
            let metrics = pombo.metrics().await;
            sum += metrics.get("pombo_events_delivered_total{sink=\"https\"}").unwrap_or(&0.0);
        }
        if sum == wanted as f64 {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{sum} of {wanted} counted");
        sleep(Duration::from_millis(20)).await;
    }
}
