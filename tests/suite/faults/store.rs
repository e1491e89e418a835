//! The store forgets: its scripts, everything, or what it was set up with; and it runs full.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::grpc::proto::{VerifyCodeRequest, VerifyOutcome};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::{
    BRIEF, Ends, Funnel, House, RECOVERY,
    flow::{issue, request, verify},
    flows_amid, is_unavailable, until, world,
};
use crate::support::{long, pombo::login, redis_server::RedisServer, world::number};

async fn verifies(house: &House, guess: &VerifyCodeRequest) {
    assert_eq!(verify(house, guess).await.unwrap().outcome(), VerifyOutcome::Verified);
}

/// Asks again until the store holds what it was set up with.
async fn is_set_up(redis: &RedisServer) {
    let start = Instant::now();
    while redis.ask(&["GET", "pombo:partitions"]).await.trim() != "64"
        || redis.ask(&["GET", "pombo:index"]).await.trim().is_empty()
    {
        assert!(start.elapsed() < RECOVERY, "the store is still without its guards");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_are_lost_under_load_fail_no_call() {
    let redis = RedisServer::start();
    let house = Arc::new(House::new(world(&redis.url(), &[BRIEF]).await).await);
    let flush = async |over: &CancellationToken| {
        let mut answered = house.answered.subscribe();
        let mut flushes = 0;
        while over.run_until_cancelled(answered.changed()).await.is_some() {
            redis.ask(&["SCRIPT", "FLUSH"]).await;
            flushes += 1;
        }
        flushes
    };
    let count = if long() { 500 } else { 30 };
    let (gone, flushes) = flows_amid(&house, count, Duration::from_millis(50), flush).await;
    let retries = house.retries();
    let ends = Ends::of(&house, &gone, &Funnel::of(&redis)).await;
    println!("{flushes} times without scripts, {retries} calls asked again: {ends:?}");
    assert!(flushes > 0);
    assert_eq!((retries, *house.failed.borrow()), (0, 0));
    assert_eq!((ends.unreached, ends.lost(), ends.doubled), (0, 0, 0));
}

/// What was known is unknown, which callers are told as they are of any challenge that is not there; what
/// is new is as good as ever.
async fn begins_anew(house: &House, redis: &RedisServer, old: &VerifyCodeRequest) {
    let unknown = verify(house, old).await.unwrap();
    assert_eq!(unknown.outcome(), VerifyOutcome::UnknownChallenge);
    assert_eq!(house.get(&old.challenge_id).await.unwrap_err().code(), Code::NotFound);
    is_set_up(redis).await;
    let fresh = house.right_guess(2).await;
    verifies(house, &fresh).await;
    let counted = Funnel::of(redis).read().await;
    assert_eq!((counted.issued, counted.live), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_emptied_is_begun_anew() {
    let redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await;
    let old = house.right_guess(1).await;
    redis.ask(&["FLUSHALL"]).await;
    begins_anew(&house, &redis, &old).await;
    // Whichever replica looks first finds it, and sets it up again.
    let words = "had lost what it was set up with";
    let told = tokio::select! {
        told = house.logs(0, words) => told,
        told = house.logs(1, words) => told,
    };
    println!("{told}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_keeps_nothing_on_disk_is_begun_anew_after_its_end() {
    let mut redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await.of_patient_clients();
    let old = house.right_guess(1).await;
    redis.restart();
    begins_anew(&house, &redis, &old).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_writes_each_change_to_disk_loses_nothing_by_its_end() {
    let mut redis = RedisServer::start_lasting();
    let house = House::new(world(&redis.url(), &[]).await).await.of_patient_clients();
    let mut guesses = Vec::new();
    for index in 0..20 {
        guesses.push(house.right_guess(index).await);
    }
    redis.restart();
    for guess in &guesses {
        verifies(&house, guess).await;
    }
    let counted = Funnel::of(&redis).read().await;
    assert_eq!((counted.issued, counted.concluded["verified"], counted.live), (20, 20, 0));
    house.stop().await;
}

/// Empties the store and sets it up for others, in one step, as if one with another configuration had come
/// first.
async fn set_up_for_others(redis: &RedisServer) {
    let script = "redis.call('FLUSHALL') redis.call('SET', KEYS[1], '8')";
    redis.ask(&["EVAL", script, "1", "pombo:partitions"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_set_up_for_others_is_not_served_until_it_is_ours_again() {
    let redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await;
    let demand = async || issue(&house, &login(&number(1, "00"))).await;
    demand().await.unwrap();
    set_up_for_others(&redis).await;
    let is_refused = |answer: &Result<_, Status>| {
        answer.as_ref().is_err_and(|status| status.code() == Code::Unavailable)
    };
    until(RECOVERY, demand, is_refused).await.unwrap_err();
    println!("{}", house.logs(1, "set up for others meanwhile").await);
    assert_eq!(house.readiness(0).await, 503);
    redis.ask(&["SET", "pombo:partitions", "64"]).await;
    until(RECOVERY, demand, Result::is_ok).await.unwrap();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_memory_verifies_nobody_and_says_so_until_there_is_some() {
    let redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await;
    let guess = house.right_guess(1).await;
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    for _ in 0..2 {
        is_unavailable(issue(&house, &request(2))).await;
        is_unavailable(verify(&house, &guess)).await;
    }
    for replica in 0..2 {
        println!("{}", house.logs(replica, "the server says OOM").await);
    }
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    let start = Instant::now();
    verifies(&house, &guess).await;
    verifies(&house, &house.right_guess(3).await).await;
    assert!(start.elapsed() < RECOVERY, "{:?}", start.elapsed());
    let counted = Funnel::of(&redis).read().await;
    assert_eq!((counted.issued, counted.concluded["verified"]), (2, 2));
    house.stop().await;
}
