//! A replica is killed every so often, and the store once: what was accepted concludes, and nothing
//! twice.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{Ends, Flow, Funnel, House, TTL, ends, flows, world};
use crate::support::{long, redis_server::RedisServer};

/// Flows begin so far apart.
const GAP: Duration = Duration::from_millis(150);

fn count() -> u32 {
    if long() { 500 } else { 60 }
}

/// After so many calls the next replica is killed, amid what it does then.
fn calls() -> usize {
    if long() { 80 } else { 25 }
}

/// With many kills some sends are cut short twice; then it is for the fallback to reach the person.
fn life() -> (&'static str, &'static str) {
    if long() { ("CODE__TTL", "45s") } else { TTL }
}

/// Kills one replica and then the other, after so many calls each time, and says how often.
async fn kill_by_turns(house: &House, until: &CancellationToken) -> usize {
    let (mut begun, mut answered) = (house.begun.subscribe(), house.answered.subscribe());
    for kills in 0.. {
        let before = *begun.borrow();
        let due = async {
            // Nobody meets two of them with one call.
            let ended = |answers: &usize| answers + *house.failed.borrow() >= before;
            answered.wait_for(ended).await.unwrap();
            begun.wait_for(|begun| *begun >= before + calls()).await.unwrap();
        };
        if until.run_until_cancelled(due).await.is_none() {
            return kills;
        }
        house.kill(kills % 2).await;
    }
    unreachable!()
}

fn print(house: &House, kills: usize, flows: &[Flow], ends: &Ends) {
    let unreached = flows.iter().filter(|flow| flow.is_unreached).count();
    println!(
        "{} flows, {kills} kills: {} calls asked again; {} verified, {} expired, {unreached} of them \
         reached too late or never; lost {}, doubled {}",
        flows.len(),
        house.retries.load(Ordering::Relaxed),
        ends.verified,
        ends.expired,
        ends.lost,
        ends.doubled,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_every_accepted_challenge_concludes_once() {
    let redis = RedisServer::start_lasting();
    let house = Arc::new(House::new(world(&redis.url(), &[life()]).await).await);
    let over = CancellationToken::new();
    let (gone, kills) = tokio::join!(
        async {
            let gone = flows(&house, 0..count(), GAP).await;
            over.cancel();
            gone
        },
        kill_by_turns(&house, &over)
    );
    let ends = ends(&house, &gone, &Funnel::of(&redis)).await;
    print(&house, kills, &gone, &ends);
    assert!(kills >= 2, "{kills} kills prove little");
    assert_eq!((ends.lost, ends.doubled), (0, 0));
    assert_eq!(gone.iter().map(|flow| flow.lost).sum::<usize>(), 0, "one retry is enough");
}

/// Ends the store amid all this, and starts it again once somebody has noticed.
async fn kill_the_store(house: &House, redis: &mut RedisServer) {
    let mut answered = house.answered.subscribe();
    answered.wait_for(|answers| *answers >= count() as usize).await.unwrap();
    let mut failed = house.failed.subscribe();
    redis.kill();
    failed.wait_for(|failed| *failed > 0).await.unwrap();
    redis.restart();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_meanwhile_costs_patience_and_no_challenge() {
    let mut redis = RedisServer::start_lasting();
    let house = House::new(world(&redis.url(), &[life()]).await).await.of_patient_clients();
    let (house, funnel) = (Arc::new(house), Funnel::of(&redis));
    let over = CancellationToken::new();
    let (gone, kills, ()) = tokio::join!(
        async {
            let gone = flows(&house, 0..count(), GAP).await;
            over.cancel();
            gone
        },
        kill_by_turns(&house, &over),
        kill_the_store(&house, &mut redis)
    );
    let ends = ends(&house, &gone, &funnel).await;
    print(&house, kills, &gone, &ends);
    println!("and {} calls failed while the store was away", *house.failed.borrow());
    assert_eq!((ends.lost, ends.doubled), (0, 0));
    assert_eq!(gone.iter().map(|flow| flow.lost).sum::<usize>(), 0, "all were answered in the end");
}
