//! What stays behind: everything ends by itself, and an idle service leaves nothing but counters.

use std::time::Duration;

use pombo::{
    otp::MessageTag,
    store::{Commit, Store, memory::MemoryStore, open},
};
use redis::{AsyncCommands, aio::MultiplexedConnection};

use super::bench::{charge, commit, connection, delivery, kept, key, ms, settings};
use crate::support::{clock, redis_server::RedisServer};

/// One of everything that a store can hold, in several partitions, with lives of `life`.
async fn fill(store: &dyn Store, life: Duration) {
    for number in 0..20 {
        let now = store.load(&key(number)).await.unwrap().now;
        let full = Commit {
            ttl: life,
            alarm: Some(now + life / 2),
            counters: vec![("issued".into(), 1)],
            events: vec![b"issued".to_vec()],
            events_ttl: life,
            ..commit(key(number), 0)
        };
        store.commit(&full).await.unwrap();
        let window = (2, life.as_millis() as u64);
        store.charge(&charge(number, 1, &[window])).await.unwrap();
        store.charge(&charge(number, 2, &[window, (1, 1)])).await.unwrap();
        store.remember(&MessageTag([number; 12]), &delivery(1), life).await.unwrap();
        kept(store, &key(number)).await;
    }
}

async fn keys(redis: &mut MultiplexedConnection) -> Vec<String> {
    redis.keys("*").await.unwrap()
}

fn is_for_good(key: &str) -> bool {
    key.ends_with(":counters") || key == "pombo:partitions" || key == "pombo:index"
}

#[tokio::test]
async fn every_key_in_redis_has_an_end_but_counters_and_guards() {
    let server = RedisServer::start();
    let store = open(settings(&server)).await.unwrap();
    fill(&*store, Duration::from_secs(60)).await;
    let mut redis = connection(&server).await;
    let keys = keys(&mut redis).await;
    for kind in ["record", "schedule", "counters", "events", "reader", "limit", "charge", "message"]
    {
        assert!(
            keys.iter().any(|key| key.contains(&format!("}}:{kind}"))),
            "no {kind} in {keys:?}"
        );
    }
    for key in keys {
        let ttl_ms: i64 = redis.pttl(&key).await.unwrap();
        assert_eq!(ttl_ms == -1, is_for_good(&key), "{key}: {ttl_ms}");
        // A reader's place outlives the stream that it is in, to tell what was lost with it.
        let longest = if key.contains("}:reader:") { 120_000 } else { 60_000 };
        assert!(ttl_ms <= longest, "{key}: {ttl_ms}");
    }
}

#[tokio::test]
async fn a_schedule_lives_as_long_as_any_record_with_an_alarm() {
    let server = RedisServer::start();
    let store = open(settings(&server)).await.unwrap();
    let now = store.load(&key(1)).await.unwrap().now;
    let alarm = Some(now + ms(100));
    store.commit(&Commit { alarm, ..commit(key(1), 0) }).await.unwrap();
    // A short-lived neighbour in the same partition does not take it along.
    store.commit(&Commit { alarm, ttl: ms(50), ..commit(key(9), 0) }).await.unwrap();
    tokio::time::sleep(ms(120)).await;
    let due = store.claim(ms(1000), 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.key).collect::<Vec<_>>(), [key(1)]);
}

#[tokio::test]
async fn when_all_has_ended_redis_holds_nothing_but_counters_and_guards() {
    let server = RedisServer::start();
    let store = open(settings(&server)).await.unwrap();
    fill(&*store, ms(200)).await;
    let mut redis = connection(&server).await;
    // Nothing tells when the last key has ended; it must have within a life and what was spent.
    let deadline = std::time::Instant::now() + Duration::from_secs(3);
    loop {
        let left: Vec<_> =
            keys(&mut redis).await.into_iter().filter(|key| !is_for_good(key)).collect();
        if left.is_empty() {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "left: {left:?}");
        tokio::time::sleep(ms(20)).await;
    }
    assert_eq!(store.counter("issued").await.unwrap(), 20);
}

#[tokio::test]
async fn when_all_has_ended_a_store_in_memory_holds_nothing_but_counters() {
    let (store, clock) = clock::store();
    fill(&store, ms(200)).await;
    assert!(store.len() >= 7 * 20, "{}", store.len());
    clock.pass(ms(200));
    // Nobody writes; the look at the schedule, which never ends, clears up.
    assert_eq!(store.claim(ms(1000), 10).await.unwrap(), []);
    assert!(store.is_empty(), "{} left", store.len());
    assert_eq!(store.counter("issued").await.unwrap(), 20);
}

#[tokio::test]
async fn events_are_bounded() {
    let store = MemoryStore::default();
    let events = vec![b"x".to_vec(); 6_000];
    for version in 0..5 {
        store.commit(&Commit { events: events.clone(), ..commit(key(1), version) }).await.unwrap();
    }
    let left = kept(&store, &key(1)).await.len();
    assert!((100..10_000).contains(&left), "{left}");

    let server = RedisServer::start();
    let store = open(settings(&server)).await.unwrap();
    for version in 0..5 {
        store.commit(&Commit { events: events.clone(), ..commit(key(1), version) }).await.unwrap();
    }
    let left = kept(&*store, &key(1)).await.len();
    assert!((10_000..11_000).contains(&left), "{left}");
}
