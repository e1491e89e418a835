//! A master that sentinels watch: it is found, and a failover is followed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::store::{Committed, Settings, Store, open};

use super::{
    bench::{commit, connection, key, ms, settings_at},
    outage::{every_call_fails_in_time, recovers},
};
use crate::support::{redis_server::RedisServer, sentinel_group::SentinelGroup};

/// Waits until the store works again; returns how long that took.
async fn works_again(store: &dyn Store) -> Duration {
    let start = Instant::now();
    while !commits(store).await {
        assert!(start.elapsed() < Duration::from_secs(20), "still down");
        tokio::time::sleep(ms(20)).await;
    }
    start.elapsed()
}

/// Whether a record can be written, in a time that is bounded in any case.
async fn commits(store: &dyn Store) -> bool {
    let start = Instant::now();
    let done = async {
        let version = store.load(&key(1)).await.ok()?.version;
        Some(store.commit(&commit(key(1), version)).await.ok()? == Committed::Done)
    };
    let done = done.await.unwrap_or_default();
    assert!(start.elapsed() < ms(1800), "{:?}", start.elapsed());
    done
}

async fn opened(group: &SentinelGroup) -> Arc<dyn Store> {
    open(settings_at(group.url())).await.unwrap()
}

#[tokio::test]
async fn a_killed_master_is_left_for_the_new_one() {
    let mut group = SentinelGroup::start(1, 3).await;
    let store = opened(&group).await;
    assert!(commits(&*store).await);
    group.servers[0].kill();
    group.fails_over().await;
    let took = works_again(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_frozen_master_is_left_for_the_new_one() {
    let group = SentinelGroup::start(1, 1).await;
    let store = opened(&group).await;
    assert!(commits(&*store).await);
    group.servers[0].pause();
    group.fails_over().await;
    let took = works_again(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    group.servers[0].resume();
}

#[tokio::test]
async fn a_master_that_has_become_a_replica_is_left() {
    let group = SentinelGroup::start(1, 1).await;
    let store = opened(&group).await;
    assert!(commits(&*store).await);
    let mut sentinel = connection(&group.sentinels[0]).await;
    let failover = redis::cmd("SENTINEL").arg(&["FAILOVER", "pombo"]).take();
    // Until it has heard of the replica's state, it refuses.
    while failover.exec_async(&mut sentinel).await.is_err() {
        tokio::time::sleep(ms(50)).await;
    }
    group.fails_over().await;
    let took = works_again(&*store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn with_nobody_left_every_call_is_an_error_within_a_second() {
    let mut group = SentinelGroup::start(0, 2).await;
    let store = opened(&group).await;
    group.servers[0].kill();
    every_call_fails_in_time(&*store).await;
    group.sentinels.iter().for_each(RedisServer::pause);
    every_call_fails_in_time(&*store).await;
    group.sentinels.iter().for_each(RedisServer::resume);
    group.servers[0].restart();
    recovers(&*store).await;
}

#[tokio::test]
async fn a_sentinel_that_is_down_does_not_matter() {
    let mut group = SentinelGroup::start(0, 2).await;
    group.sentinels[0].kill();
    assert!(commits(&*opened(&group).await).await);
}

#[tokio::test]
async fn sentinels_that_know_nothing_are_told_of() {
    let group = SentinelGroup::start(0, 1).await;
    for (url, sentence) in [
        (group.url() + "x", "no sentinel knows the master"),
        ("redis+sentinel://u:hunter2@127.0.0.1:1/pombo".to_owned(), "no sentinel answers"),
    ] {
        let Err(error) = open(settings_at(url)).await else { panic!("opened") };
        let error = error.to_string();
        assert!(error.starts_with("store.url: ") && error.contains(sentence), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn user_and_password_are_the_masters_and_the_sentinels_if_they_ask() {
    let group = SentinelGroup::start(0, 1).await;
    let user = ["SETUSER", "pombo", "on", ">sesame", "~*", "&*", "+@all"];
    let with =
        |who: &str| Settings { ..settings_at(group.url().replace("://", &format!("://{who}@"))) };
    let mut master = connection(&group.servers[0]).await;
    redis::cmd("ACL").arg(&user).exec_async(&mut master).await.unwrap();
    open(with("pombo:sesame")).await.unwrap();
    let mut sentinel = connection(&group.sentinels[0]).await;
    redis::cmd("ACL").arg(&user).exec_async(&mut sentinel).await.unwrap();
    redis::cmd("ACL").arg(&["SETUSER", "default", "off"]).exec_async(&mut sentinel).await.unwrap();
    open(with("pombo:sesame")).await.unwrap();
    let Err(error) = open(with("pombo:wrong")).await else { panic!("opened") };
    assert!(!error.to_string().contains("wrong"), "{error}");
}
