//! Faults of every kind under load, on real processes: two replicas, a private Redis, and people who go
//! their ways meanwhile. What is promised of a fault holds for every one of them, or is counted.

mod house;

mod flow;

mod ends;

mod funnel;

mod kills;

mod rolling;

mod stalls;

mod store;

mod clocks;

mod failover;

mod cluster;

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use crate::support::{
    long,
    world::{SOON, World, brisk},
};
use ends::Ends;
use flow::Flow;
use funnel::Funnel;
use house::House;

/// Codes live long enough for a send to be taken over, and no longer than a test can wait.
const TTL: (&str, &str) = ("CODE__TTL", "25s");

/// The same where no send is taken over, which would come too late.
const BRIEF: (&str, &str) = ("CODE__TTL", "14s");

/// No guess is answered that a failover could undo.
const WAITS: (&str, &str) = ("STORE__WAIT_REPLICAS", "1");

/// How soon all is well again.
const RECOVERY: Duration = Duration::from_secs(2);

/// A world in a hurry on this store, in which nothing is paced.
async fn world(store_url: &str, more: &[(&str, &str)]) -> World {
    let rates = [("WHATSAPP__CLOUD__RATE", "1000"), ("SMS__TWILIO__RATE", "1000")];
    let mut settings = brisk();
    settings.meta.limits.per_second = 1000;
    World::new(store_url, settings, &[&rates[..], &[SOON, TTL], more].concat()).await
}

/// So many begin at once, so that there is always a crowd under way.
const CROWD: u32 = 6;

/// Flows begin so far apart, unless a test has other wishes.
const GAP: Duration = Duration::from_millis(150);

/// And there are so many.
fn count() -> u32 {
    if long() { 500 } else { 60 }
}

/// Begins so many flows, on the average so far apart, and waits for all of them.
async fn flows(house: &Arc<House>, count: u32, gap: Duration) -> Vec<Flow> {
    let (mut beat, mut under_way) = (interval(gap * CROWD), JoinSet::new());
    for index in 0..count {
        if index % CROWD == 0 {
            beat.tick().await;
        }
        let house = Arc::clone(house);
        under_way.spawn(async move { Flow::go(&house, index).await });
    }
    under_way.join_all().await
}

/// The same, while something else happens, which is told once they are over.
async fn flows_amid<T>(
    house: &Arc<House>,
    count: u32,
    gap: Duration,
    meanwhile: impl AsyncFnOnce(&CancellationToken) -> T,
) -> (Vec<Flow>, T) {
    let over = CancellationToken::new();
    let go = async {
        let gone = flows(house, count, gap).await;
        over.cancel();
        gone
    };
    tokio::join!(go, meanwhile(&over))
}

/// Asks until the answer fits, which has to be within this time.
async fn until<T: Debug>(
    limit: Duration,
    call: impl AsyncFn() -> Result<T, Status>,
    fits: impl Fn(&Result<T, Status>) -> bool,
) -> Result<T, Status> {
    let start = Instant::now();
    loop {
        let answer = call().await;
        assert!(start.elapsed() < limit, "after {:?}: {answer:?}", start.elapsed());
        if fits(&answer) {
            return answer;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Nothing can be decided, and the caller is told: how soon.
async fn is_unavailable<T>(call: impl Future<Output = Result<T, Status>>) -> Duration {
    let start = Instant::now();
    let status = call.await.err().expect("nothing can be decided");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    start.elapsed()
}
