//! A cluster loses a primary, and slots move, amid people who go their ways.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{BRIEF, Funnel, House, ends, flows, world};
use crate::support::{long, redis_cluster::RedisCluster};

/// Flows begin so far apart.
const GAP: Duration = Duration::from_millis(150);

fn count() -> u32 {
    if long() { 500 } else { 60 }
}

/// A slot in which records lie: that of partition 0.
async fn slot(cluster: &RedisCluster) -> u16 {
    cluster.ask(0, "CLUSTER KEYSLOT pombo:{0}:schedule").await
}

/// Gives the slot away and takes it back, until told to stop; says how often it moved.
async fn migrate(cluster: &RedisCluster, until: &CancellationToken) -> usize {
    let slot = slot(cluster).await;
    let owner = RedisCluster::owner(slot);
    let next = (owner + 1) % 3;
    let mut moves = 0;
    while !until.is_cancelled() {
        let (from, to) = if moves % 2 == 0 { (owner, next) } else { (next, owner) };
        cluster.migrate_by(100, slot, from, to, Duration::from_millis(200)).await;
        moves += 1;
    }
    moves
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_move_cost_patience_at_most() {
    let cluster = RedisCluster::start(0).await;
    let one = ("STORE__PARTITIONS", "1");
    let house =
        Arc::new(House::new(world(&cluster.url(), &[one, BRIEF]).await).await.of_patient_clients());
    let over = CancellationToken::new();
    let (gone, moves) = tokio::join!(
        async {
            let gone = flows(&house, 0..count(), GAP).await;
            over.cancel();
            gone
        },
        migrate(&cluster, &over)
    );
    let ends = ends(&house, &gone, &Funnel::of_cluster(&cluster)).await;
    let failed = *house.failed.borrow();
    println!(
        "{} flows while all records moved {moves} times: {failed} failed, {ends:?}",
        gone.len()
    );
    assert!(moves > 3);
    assert_eq!((ends.lost, ends.doubled), (0, 0));
    assert_eq!(gone.iter().map(|flow| flow.lost).sum::<usize>(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_primary_costs_patience_until_its_replica_serves() {
    let mut cluster = RedisCluster::start(3).await;
    // What replication had not carried over yet may be lost by this, so only a guess has to last.
    let waits = ("STORE__WAIT_REPLICAS", "1");
    let world = world(&cluster.url(), &[waits]).await;
    let house = Arc::new(House::new(world).await.of_patient_clients());
    let lose = async {
        let mut answered = house.answered.subscribe();
        answered.wait_for(|answers| *answers >= count() as usize).await.unwrap();
        cluster.servers[0].kill();
        let mut failed = house.failed.subscribe();
        failed.wait_for(|failed| *failed > 0).await.unwrap();
        // Its replica is promoted; the old primary comes back as that one's.
        cluster.servers[3].log().wait_for_many("configEpoch set to", 1).await;
        cluster.servers[0].restart();
    };
    let (gone, ()) = tokio::join!(flows(&house, 0..count(), GAP), lose);
    let known: Vec<_> = gone.iter().filter(|flow| !flow.id.is_empty()).collect();
    let doubled = known.iter().filter(|flow| flow.verified > 1).count();
    let forgotten = known.iter().filter(|flow| flow.is_forgotten).count();
    let failed = *house.failed.borrow();
    println!(
        "{} flows over a lost primary: {failed} calls failed; forgotten {forgotten}, doubled {doubled}",
        gone.len(),
    );
    assert_eq!(doubled, 0);
}
