//! A receiver that is down costs nobody anything but its own time.

use std::time::{Duration, Instant};

use super::{
    is_verified_flow,
    receiver::{Receiver, kinds},
    stored, verified, world,
};
use crate::support::{
    pombo::{Pombo, wrong},
    redis_server::RedisServer,
    world::{World, number},
};

const FLOWS: u32 = 12;

/// Latencies of IssueCode and VerifyCode over some flows, sorted; and the challenges.
async fn measured(world: &World, pombo: &Pombo, from: u32) -> (Vec<Duration>, Vec<String>) {
    let (mut took, mut challenges) = (Vec::new(), Vec::new());
    for index in from..from + FLOWS {
        let to = number(index, "00");
        let start = Instant::now();
        let id = pombo.issue(&to).await.challenge_id;
        took.push(start.elapsed());
        let code = world.simulator.inbox().wait_for(&to, 1).await[0].code.clone();
        let start = Instant::now();
        pombo.verify(&id, &wrong(&[&code])).await;
        took.push(start.elapsed());
        pombo.verify(&id, &code).await;
        challenges.push(id);
    }
    took.sort();
    (took, challenges)
}

#[tokio::test]
async fn a_receiver_that_hangs_slows_no_call_and_misses_nothing_once_it_is_back() {
    let redis = RedisServer::start();
    let receiver = Receiver::start().await;
    let world = world(&redis.url(), &receiver, &[]).await;
    let pombo = world.serve().await;
    let (well, first) = measured(&world, &pombo, 0).await;
    receiver.concluded(&first).await;

    receiver.answer(|_| None);
    let (hanging, second) = measured(&world, &pombo, 100).await;
    let (median, worst) = (hanging[hanging.len() / 2], hanging[hanging.len() - 1]);
    println!("median {:?} and then {median:?}, worst {worst:?}", well[well.len() / 2]);
    assert!(median < well[well.len() / 2] * 3 + Duration::from_millis(20));
    assert!(worst < Duration::from_secs(2), "no call waits for a receiver");

    receiver.answer(|_| Some(200));
    receiver.concluded(&second).await;
    let all = stored(&redis).await;
    let came = receiver.until("all events", |came| came.len() >= all).await;
    assert_eq!(came.len(), all, "each event that was stored");
    let lost = pombo.metrics().await;
    assert!(!lost.keys().any(|name| name.starts_with("pombo_events_lost_total")));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_yet_is_told_all_when_it_comes() {
    let receiver = Receiver::start().await;
    let world = world("memory:", &receiver, &[]).await;
    receiver.answer(|_| Some(503));
    let pombo = world.serve().await;
    let id = verified(&world, &pombo, &number(1, "00")).await;
    receiver.until_tried("the first event", |came| !came.is_empty()).await;
    receiver.answer(|_| Some(200));
    let came = receiver.concluded(std::slice::from_ref(&id)).await;
    is_verified_flow(&kinds(&came)[&id]);
    let line = pombo.stderr.wait_for("the return", |line| line.contains("taken again")).await;
    assert!(line.contains("https"), "{line}");
    let told = pombo.stderr.all().iter().filter(|line| line.contains("are not taken")).count();
    assert_eq!(told, 1, "an outage is told once");
}

#[tokio::test]
async fn a_store_that_is_away_is_told_as_the_stores_fault_and_once() {
    let redis = RedisServer::start();
    let receiver = Receiver::start().await;
    let world = world(&redis.url(), &receiver, &[]).await;
    let pombo = world.serve().await;
    let first = verified(&world, &pombo, &number(1, "00")).await;
    receiver.concluded(std::slice::from_ref(&first)).await;

    redis.pause();
    let away = |line: &str| line.contains("the store does not answer; events wait");
    pombo.stderr.wait_for("the store's fault", away).await;
    redis.resume();
    pombo.stderr.wait_for("its return", |line| line.contains("gives events again")).await;

    let second = verified(&world, &pombo, &number(2, "00")).await;
    receiver.concluded(std::slice::from_ref(&second)).await;
    let lines = pombo.stderr.all();
    assert_eq!(lines.iter().filter(|line| away(line)).count(), 1, "told once, of 64 partitions");
    assert!(
        !lines.iter().any(|line| line.contains("are not taken")),
        "the receiver was never down"
    );
}
