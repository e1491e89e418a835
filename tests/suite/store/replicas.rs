//! Commits that replicas must have before they count.

use std::sync::Arc;

use pombo::store::{Commit, Committed, Settings, Sight, Store, StoreError, Visit, look, open};

use super::bench::{commit, key, settings_at};
use crate::support::{
    redis_cluster::RedisCluster, redis_server::RedisServer, sentinel_group::SentinelGroup,
};

fn waiting_for(replicas: u32, url: String) -> Settings {
    Settings { wait_replicas: replicas, ..settings_at(url) }
}

fn replicated(expected: u64) -> Commit {
    Commit { replicated: true, ..commit(key(1), expected) }
}

/// A commit that waits is done while a replica follows, and left open while it does not.
async fn waits(store: &dyn Store, replica: &RedisServer) {
    assert_eq!(store.commit(&replicated(0)).await.unwrap(), Committed::Done);
    replica.pause();
    // What may be undone goes on.
    assert_eq!(store.commit(&commit(key(1), 1)).await.unwrap(), Committed::Done);
    let left_open = store.commit(&replicated(2)).await;
    assert!(matches!(left_open, Err(StoreError::Unacknowledged { by: 0, of: 1 })), "{left_open:?}");
    replica.resume();
    // It was written; under its version nothing else is.
    assert_eq!(store.commit(&replicated(2)).await.unwrap(), Committed::Conflict);
    assert_eq!(store.commit(&replicated(3)).await.unwrap(), Committed::Done);
}

#[tokio::test]
async fn a_master_waits_for_its_replica() {
    let group = SentinelGroup::start(1, 1).await;
    let store = open(waiting_for(1, group.servers[0].url())).await.unwrap();
    waits(&*store, &group.servers[1]).await;
}

#[tokio::test]
async fn a_master_by_its_sentinels_waits_for_its_replica() {
    let group = SentinelGroup::start(1, 1).await;
    let store = open(waiting_for(1, group.url())).await.unwrap();
    waits(&*store, &group.servers[1]).await;
}

#[tokio::test]
async fn in_a_cluster_the_primary_of_the_slot_waits() {
    let cluster = RedisCluster::start(3).await;
    let store = open(waiting_for(1, cluster.url())).await.unwrap();
    let partition = store.partition_of(&key(1));
    let slot: u16 = cluster.ask(0, &format!("CLUSTER KEYSLOT pombo:{{{partition}}}:x")).await;
    waits(&*store, &cluster.servers[3 + RedisCluster::owner(slot)]).await;
}

#[tokio::test]
async fn many_wait_side_by_side() {
    let group = SentinelGroup::start(1, 1).await;
    let store = open(waiting_for(1, group.url())).await.unwrap();
    let commits = (0..200).map(|number| {
        let (store, commit) = (Arc::clone(&store), Commit { key: key(number), ..replicated(0) });
        async move { store.commit(&commit).await }
    });
    for done in crate::support::all(commits).await {
        assert_eq!(done.unwrap(), Committed::Done);
    }
}

#[tokio::test]
async fn a_store_tells_what_it_consists_of() {
    let group = SentinelGroup::start(1, 1).await;
    open(settings_at(group.url())).await.unwrap();
    let visit = Visit::Look;
    let Sight::Redis(Ok(facts)) =
        look(Settings { visit, ..settings_at(group.url()) }).await.unwrap()
    else {
        panic!("it tells")
    };
    let [master] = &facts.primaries[..] else { panic!("{facts:?}") };
    assert!(master.replicas == 1 && !master.is_replica, "{master:?}");
}
