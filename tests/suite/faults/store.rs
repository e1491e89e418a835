//! The store forgets: its scripts, everything, or what it was set up with; and it runs full.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use pombo::grpc::proto::{VerifyCodeRequest, VerifyOutcome};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::{
    BRIEF, Funnel, House, ends,
    flow::{issue, keyed, message, request, verify},
    flows, world,
};
use crate::support::{
    long,
    pombo::{PATIENCE, guess, login},
    redis_server::RedisServer,
    world::number,
};

/// How soon all is well again.
const RECOVERY: Duration = Duration::from_secs(2);

/// A right guess at a challenge of its own, under a key.
async fn right_guess(house: &House, index: u32) -> VerifyCodeRequest {
    let request = login(&number(index, "00"));
    let issued = issue(house, &request).await.unwrap();
    let code = message(&house.world, &request.recipient).await.code;
    keyed(guess(&issued.challenge_id, &code), "submit")
}

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
    let over = CancellationToken::new();
    let flush = async {
        let mut answered = house.answered.subscribe();
        for flushes in 0.. {
            if over.run_until_cancelled(answered.changed()).await.is_none() {
                return flushes;
            }
            redis.ask(&["SCRIPT", "FLUSH"]).await;
        }
        unreachable!()
    };
    let (gone, flushes) = tokio::join!(
        async {
            let count = if long() { 500 } else { 30 };
            let gone = flows(&house, 0..count, Duration::from_millis(50)).await;
            over.cancel();
            gone
        },
        flush
    );
    let retries = house.retries.load(Ordering::Relaxed);
    let ends = ends(&house, &gone, &Funnel::of(&redis)).await;
    println!("{flushes} times without scripts: {} flows, {retries} calls asked again", gone.len());
    assert_eq!((retries, *house.failed.borrow(), ends.lost, ends.doubled), (0, 0, 0, 0));
}

/// What was known is unknown, which callers are told as they are of any challenge that is not there; what
/// is new is as good as ever.
async fn begins_anew(house: &House, redis: &RedisServer, old: &VerifyCodeRequest) {
    let unknown = verify(house, old).await.unwrap();
    assert_eq!(unknown.outcome(), VerifyOutcome::UnknownChallenge);
    assert_eq!(house.get(&old.challenge_id).await.unwrap_err().code(), Code::NotFound);
    is_set_up(redis).await;
    let fresh = right_guess(house, 2).await;
    verifies(house, &fresh).await;
    let counted = Funnel::of(redis).read().await;
    assert_eq!((counted.issued, counted.live), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_emptied_is_begun_anew() {
    let redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await;
    let old = right_guess(&house, 1).await;
    redis.ask(&["FLUSHALL"]).await;
    begins_anew(&house, &redis, &old).await;
    let told = house.logs(0, "had lost what it was set up with").await;
    println!("{told}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_keeps_nothing_on_disk_is_begun_anew_after_its_end() {
    let mut redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await.of_patient_clients();
    let old = right_guess(&house, 1).await;
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
        guesses.push(right_guess(&house, index).await);
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

/// Asks until the answer fits.
async fn until<T>(
    call: impl AsyncFn() -> Result<T, Status>,
    fits: impl Fn(&Result<T, Status>) -> bool,
) {
    let start = Instant::now();
    while !fits(&call().await) {
        assert!(start.elapsed() < RECOVERY, "for too long");
        sleep(Duration::from_millis(50)).await;
    }
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
    until(demand, is_refused).await;
    println!("{}", house.logs(1, "set up for others meanwhile").await);
    assert_eq!(house.readiness(0).await, 503);
    redis.ask(&["SET", "pombo:partitions", "64"]).await;
    until(demand, Result::is_ok).await;
    house.stop().await;
}

async fn is_unavailable<T>(call: impl Future<Output = Result<T, Status>>) {
    let status = call.await.err().expect("nothing can be written");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_memory_verifies_nobody_and_says_so_until_there_is_some() {
    let redis = RedisServer::start();
    let house = House::new(world(&redis.url(), &[]).await).await;
    let guess = right_guess(&house, 1).await;
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
    verifies(&house, &right_guess(&house, 3).await).await;
    assert!(start.elapsed() < PATIENCE.min(RECOVERY), "{:?}", start.elapsed());
    let counted = Funnel::of(&redis).read().await;
    assert_eq!((counted.issued, counted.concluded["verified"]), (2, 2));
    house.stop().await;
}
