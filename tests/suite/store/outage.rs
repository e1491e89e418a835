//! A store that is down says so within a second, and one that is back works again by itself.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::{
    otp::MessageTag,
    store::{Commit, Committed, Store, StoreError, open},
};

use super::bench::{charge, commit, connection, delivery, key, ms, settings};
use crate::support::redis_server::RedisServer;

const BOUND: Duration = Duration::from_secs(1);

async fn store(server: &RedisServer) -> Arc<dyn Store> {
    open(settings(server)).await.unwrap()
}

/// Insists on an error within the bound, from every call.
pub async fn every_call_fails_in_time(store: &dyn Store) {
    let message = MessageTag([1; 12]);
    let (plain, charge) = (commit(key(1), 0), charge(1, 1, &[(1, 1000)]));
    let delivery = delivery(1);
    tokio::join!(
        fails_in_time("load", store.load(&plain.key)),
        fails_in_time("commit", store.commit(&plain)),
        fails_in_time("claim", store.claim(ms(1000), 10)),
        fails_in_time("charge", store.charge(&charge)),
        fails_in_time("remember", store.remember(&message, &delivery, ms(1000))),
        fails_in_time("find", store.find(&message)),
        fails_in_time("counter", store.counter("issued")),
        fails_in_time("ping", store.ping()),
    );
}

async fn fails_in_time<T: Debug>(name: &str, call: impl Future<Output = Result<T, StoreError>>) {
    let start = Instant::now();
    let result = call.await;
    let took = start.elapsed();
    let down = matches!(result, Err(StoreError::TimedOut | StoreError::Unreachable(_)));
    assert!(down, "{name}: {result:?}");
    assert!(took < BOUND, "{name} took {took:?}");
}

/// Asks until the store works again; returns how long that took.
pub async fn recovers(store: &dyn Store) -> Duration {
    let start = Instant::now();
    while store.load(&key(1)).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(5), "still down");
        tokio::time::sleep(ms(20)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn a_frozen_server_is_an_error_within_a_second_and_recovers() {
    let server = RedisServer::start();
    let store = store(&server).await;
    server.pause();
    every_call_fails_in_time(&*store).await;
    server.resume();
    let took = recovers(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_killed_server_is_an_error_within_a_second_and_recovers() {
    let mut server = RedisServer::start();
    let store = store(&server).await;
    server.kill();
    every_call_fails_in_time(&*store).await;
    server.restart();
    let took = recovers(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    // Its scripts went with it and are loaded again.
    assert_eq!(store.commit(&commit(key(1), 0)).await.unwrap(), Committed::Done);
}

#[tokio::test]
async fn a_server_that_restarts_between_two_calls_costs_no_call() {
    let mut server = RedisServer::start();
    let store = store(&server).await;
    server.restart();
    // The loss is noticed as soon as the runtime gets to it.
    tokio::time::sleep(ms(50)).await;
    store.ping().await.unwrap();
}

#[tokio::test]
async fn many_callers_of_a_dead_server_are_all_told_within_a_second() {
    let mut server = RedisServer::start();
    let store = store(&server).await;
    server.kill();
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let start = Instant::now();
                (store.load(&key(number)).await.is_err(), start.elapsed())
            })
        })
        .collect();
    for call in calls {
        let (failed, took) = call.await.unwrap();
        assert!(failed && took < BOUND, "{failed} {took:?}");
    }
}

#[tokio::test]
async fn a_server_that_turned_connections_away_is_tried_again() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let mut raw = connection(&server).await;
    let password =
        |password| redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(password).take();
    password("sesame").exec_async(&mut raw).await.unwrap();
    redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal"]).exec_async(&mut raw).await.unwrap();
    // Long enough for whatever tries again to have given up.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        assert!(store.ping().await.is_err());
        tokio::time::sleep(ms(50)).await;
    }
    password("").exec_async(&mut raw).await.unwrap();
    let took = recovers(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn scripts_that_the_server_lost_are_loaded_again() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let now = store.load(&key(1)).await.unwrap().now;
    let alarmed = |number| Commit { alarm: Some(now), ..commit(key(number), 0) };
    for round in 0..2 {
        let mut raw = connection(&server).await;
        redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut raw).await.unwrap();
        let numbers = round * 20..(round + 1) * 20;
        for number in numbers.clone() {
            assert_eq!(store.commit(&alarmed(number)).await.unwrap(), Committed::Done);
        }
        redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut raw).await.unwrap();
        assert_eq!(store.claim(ms(60_000), 100).await.unwrap().len(), numbers.len());
    }
}

#[tokio::test]
async fn acknowledged_commits_of_a_lasting_server_outlive_its_end() {
    let mut server = RedisServer::start_lasting();
    let store = store(&server).await;
    store.commit(&commit(key(1), 0)).await.unwrap();
    server.restart();
    recovers(&*store).await;
    assert_eq!(store.load(&key(1)).await.unwrap().version, 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_in_time() {
    let server = RedisServer::start();
    let settings = settings(&server);
    drop(server);
    let start = Instant::now();
    assert!(open(settings).await.is_err());
    assert!(start.elapsed() < BOUND);
}

#[tokio::test]
async fn a_commit_that_redis_refuses_leaves_nothing_behind() {
    let server = RedisServer::start();
    let store = store(&server).await;
    let mut raw = connection(&server).await;
    // Something else has taken the place of the events.
    redis::cmd("SET").arg("pombo:{1}:events").arg("x").exec_async(&mut raw).await.unwrap();
    let full = Commit {
        alarm: Some(store.load(&key(1)).await.unwrap().now),
        counters: vec![("issued".into(), 1)],
        events: vec![b"issued".to_vec()],
        ..commit(key(1), 0)
    };
    assert!(matches!(store.commit(&full).await, Err(StoreError::Unreachable(_))));
    assert_eq!(store.load(&key(1)).await.unwrap().version, 0);
    assert_eq!(store.counter("issued").await.unwrap(), 0);
    assert_eq!(store.claim(ms(1000), 10).await.unwrap(), []);
}
