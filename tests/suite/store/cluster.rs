//! A cluster: slots move and servers go, and callers are told as little of it as possible.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pombo::store::{Commit, Committed, Settings, Store, StoreError, open};

use super::{
    bench::{Bench, PARTITIONS, commit, key, ms, settings_at},
    outage::{every_call_fails_in_time, recovers},
};
use crate::support::{redis_cluster::RedisCluster, redis_server::RedisServer};

async fn opened(cluster: &RedisCluster) -> Arc<dyn Store> {
    open(settings_at(cluster.url())).await.unwrap()
}

/// The slot of a recipient's partition.
async fn slot(cluster: &RedisCluster, store: &dyn Store, number: u8) -> u16 {
    let partition = store.partition_of(&key(number));
    cluster.ask(0, &format!("CLUSTER KEYSLOT pombo:{{{partition}}}:schedule")).await
}

/// Writes the next version of a record, with all that goes along.
async fn write(store: &dyn Store, number: u8) -> Result<(), StoreError> {
    let loaded = store.load(&key(number)).await?;
    let full = Commit {
        alarm: Some(loaded.now),
        events: vec![b"event".to_vec()],
        replicated: true,
        ..commit(key(number), loaded.version)
    };
    assert_eq!(store.commit(&full).await?, Committed::Done);
    Ok(())
}

/// Moves a slot there and back while two callers write in it.
async fn a_slot_moves(wait_replicas: u32) {
    let cluster = RedisCluster::start(if wait_replicas == 0 { 0 } else { 3 }).await;
    let store = open(Settings { wait_replicas, ..settings_at(cluster.url()) }).await.unwrap();
    let slot = slot(&cluster, &*store, 1).await;
    let from = RedisCluster::owner(slot);
    let over = Arc::new(AtomicBool::new(false));
    // The first is there already, the second begins while the slot moves.
    write(&*store, 1).await.unwrap();
    let second = 1 + PARTITIONS as u8;
    let callers = [1, second].map(|number| {
        let (store, over) = (store.clone(), over.clone());
        tokio::spawn(async move {
            let mut written = 0;
            while !over.load(Ordering::Relaxed) {
                write(&*store, number).await?;
                written += 1;
            }
            Ok::<_, StoreError>(written)
        })
    });
    for (from, to) in [(from, (from + 1) % 3), ((from + 1) % 3, from)] {
        cluster.migrate(slot, from, to, ms(100)).await;
        tokio::time::sleep(ms(100)).await;
    }
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap().unwrap() > 10);
    }
}

#[tokio::test]
async fn no_caller_hears_of_a_slot_that_moves() {
    a_slot_moves(0).await;
}

#[tokio::test]
async fn no_caller_who_waits_for_replicas_hears_of_a_slot_that_moves() {
    a_slot_moves(1).await;
}

/// Writes until it is done; how many calls failed before. Each is bounded in time.
async fn failed_before_written(store: &dyn Store) -> usize {
    let start = Instant::now();
    for failed in 0.. {
        let asked = Instant::now();
        let told = write(store, 1).await;
        assert!(asked.elapsed() < ms(1800), "{:?}", asked.elapsed());
        if told.is_ok() {
            println!("{failed} calls failed in {:?}", start.elapsed());
            return failed;
        }
        assert!(start.elapsed() < Duration::from_secs(15), "{told:?}");
        tokio::time::sleep(ms(20)).await;
    }
    unreachable!()
}

async fn a_primary_is_lost(lose: impl FnOnce(&mut RedisServer)) {
    let mut cluster = RedisCluster::start(3).await;
    let waiting = Settings { wait_replicas: 1, ..settings_at(cluster.url()) };
    let store = open(waiting).await.unwrap();
    write(&*store, 1).await.unwrap();
    let lost = RedisCluster::owner(slot(&cluster, &*store, 1).await);
    let plain = opened(&cluster).await;
    lose(&mut cluster.servers[lost]);
    assert!(failed_before_written(&*plain).await > 0);
    // What the replica had acknowledged is not undone.
    assert_eq!(plain.load(&key(1)).await.unwrap().version, 2);
    // Who was not there at the time finds its way, too.
    assert!(failed_before_written(&*opened(&cluster).await).await == 0);
}

#[tokio::test]
async fn a_killed_primary_is_an_error_in_time_until_its_replica_serves() {
    a_primary_is_lost(RedisServer::kill).await;
}

#[tokio::test]
async fn a_frozen_primary_is_an_error_in_time_until_its_replica_serves() {
    a_primary_is_lost(|server| server.pause()).await;
}

#[tokio::test]
async fn with_nobody_left_every_call_is_an_error_within_a_second() {
    let mut cluster = RedisCluster::start(0).await;
    let store = opened(&cluster).await;
    write(&*store, 1).await.unwrap();
    cluster.servers.iter().for_each(RedisServer::pause);
    every_call_fails_in_time(&*store).await;
    every_call_fails_in_time(&*store).await;
    cluster.servers.iter().for_each(RedisServer::resume);
    recovers(&*store).await;
    cluster.servers.iter_mut().for_each(RedisServer::kill);
    every_call_fails_in_time(&*store).await;
    every_call_fails_in_time(&*store).await;
}

#[tokio::test]
async fn a_part_that_is_lost_and_back_serves_again() {
    let mut cluster = RedisCluster::start(0).await;
    let store = opened(&cluster).await;
    write(&*store, 1).await.unwrap();
    let lost = RedisCluster::owner(slot(&cluster, &*store, 1).await);
    cluster.servers[lost].kill();
    for _ in 0..3 {
        assert!(write(&*store, 1).await.is_err());
        store.ping().await.unwrap();
    }
    cluster.servers[lost].restart();
    failed_before_written(&*store).await;
}

#[tokio::test]
async fn a_server_that_takes_its_first_slot_is_found() {
    let cluster = Arc::new(RedisCluster::start(0).await);
    let bench = Bench::cluster(&cluster).await;
    // Nobody was told of the moves, as when all happens between two calls.
    for number in 0..PARTITIONS as u8 {
        let slot = slot(&cluster, &*bench.store, number).await;
        let from = RedisCluster::owner(slot);
        cluster.migrate(slot, from, (from + 1) % 3, ms(0)).await;
        write(&*bench.store, number).await.unwrap();
    }
    assert_eq!(bench.claim(1000, 100).await.len(), PARTITIONS as usize);
}

#[tokio::test]
async fn a_url_of_the_wrong_form_is_told() {
    let cluster = RedisCluster::start(0).await;
    let plain = format!("redis://{}", cluster.servers[0].address());
    let Err(error) = open(settings_at(plain)).await else { panic!("opened") };
    assert!(error.to_string().contains("begins with redis+cluster://"), "{error}");
    let Err(error) = open(settings_at("redis+cluster://u:hunter2@127.0.0.1:1".to_owned())).await
    else {
        panic!("opened")
    };
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
