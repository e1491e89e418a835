//! From `store.url` to a store, or to a sentence that says what to change.

use pombo::store::{Certificates, OpenError, Settings, Visit, open};

use super::bench::settings;
use crate::support::redis_server::RedisServer;

fn url(url: &str) -> Settings {
    Settings {
        url: url.into(),
        partitions: 64,
        index_fingerprint: "feed".into(),
        wait_replicas: 0,
        certificates: Certificates::default(),
        visit: Visit::Serve,
    }
}

async fn refusal(settings: Settings) -> String {
    match open(settings).await {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn memory_needs_nothing() {
    open(url("memory:")).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn what_is_no_store_is_refused_with_the_accepted_forms() {
    for other in [
        "",
        "memory",
        "memory:x",
        "postgres://h",
        "redis:",
        "redis://h:port",
        "127.0.0.1:6379",
        "rediss://h/#insecure",
        "redis+sentinel://a:1,b:2",
        "redis+cluster://a:1,b:2/1",
        "redis+cluster://a:1,",
        "redis+unix:///run/redis.sock",
    ] {
        let refusal = refusal(url(other)).await;
        assert!(refusal.contains("store.url must be memory:, redis://"), "{other}: {refusal}");
    }
}

#[tokio::test]
async fn a_password_stands_in_no_refusal() {
    let server = RedisServer::start();
    let port = server.url().rsplit_once(':').unwrap().1.to_owned();
    for with_password in [
        "postgres://u:hunter2@h".to_owned(),
        "redis://u:hunter2@h:port".to_owned(),
        "redis://u:hunter2@127.0.0.1:1".to_owned(),
        format!("redis://u:hunter2@127.0.0.1:{port}"),
    ] {
        let refusal = refusal(url(&with_password)).await;
        assert!(!refusal.contains("hunter2"), "{refusal}");
        assert!(refusal.contains("store.url"), "{refusal}");
    }
}

#[tokio::test]
async fn a_number_of_partitions_beyond_reason_is_refused() {
    for partitions in [0, 4097] {
        let refusal = refusal(Settings { partitions, ..url("memory:") }).await;
        assert!(refusal.contains("store.partitions must be 1 to 4096"), "{refusal}");
    }
}

#[tokio::test]
async fn another_number_of_partitions_than_at_first_is_refused() {
    let server = RedisServer::start();
    let first = settings(&server);
    open(first.clone()).await.unwrap();
    open(first.clone()).await.unwrap();
    let refusal = refusal(Settings { partitions: 64, ..first.clone() }).await;
    let sentence = "store.partitions is 64, but this store was set up with 8";
    assert!(
        refusal.contains(sentence) && refusal.contains("set store.partitions = 8"),
        "{refusal}"
    );
    // A refusal changes nothing.
    open(first).await.unwrap();
}

#[tokio::test]
async fn another_index_key_than_at_first_is_refused() {
    let server = RedisServer::start();
    let first = settings(&server);
    open(first.clone()).await.unwrap();
    let other = Settings { index_fingerprint: "beef".into(), ..first };
    let error = match open(other).await {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    };
    assert!(matches!(error, OpenError::Index { .. }));
    let refusal = error.to_string();
    for part in ["keys.index", "beef", "feed", "configure that key"] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[tokio::test]
async fn of_two_first_starts_one_sets_the_number() {
    let server = RedisServer::start();
    let starts = [8, 16, 32, 64].map(|partitions| {
        let settings = Settings { partitions, ..settings(&server) };
        tokio::spawn(async move { open(settings).await.is_ok() })
    });
    let mut opened = 0;
    for start in starts {
        opened += usize::from(start.await.unwrap());
    }
    assert_eq!(opened, 1);
}
