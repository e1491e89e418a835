//! A cluster loses a primary, and slots move, amid people who go their ways.

use std::{sync::Arc, time::Duration};

use pombo::grpc::proto::VerifyOutcome;
use tokio_util::sync::CancellationToken;

use super::{
    BRIEF, Ends, Funnel, GAP, House, WAITS, count, flow::verify, flows, flows_amid, world,
};
use crate::support::redis_cluster::RedisCluster;

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
    let move_slots = async |over: &CancellationToken| migrate(&cluster, over).await;
    let (gone, moves) = flows_amid(&house, count(), GAP, move_slots).await;
    let ends = Ends::of(&house, &gone, &Funnel::of_cluster(&cluster)).await;
    let failed = *house.failed.borrow();
    println!("all records moved {moves} times: {failed} calls failed, {ends:?}");
    assert!(moves > 3);
    assert_eq!((ends.unreached, ends.lost(), ends.doubled), (0, 0, 0));
}

/// Fresh challenges are verified until one of them was this server's.
async fn serves(house: &House, cluster: &RedisCluster, server: usize) {
    let own = Funnel::of(&cluster.servers[server]);
    let before = own.read().await.concluded["verified"];
    for index in 0.. {
        assert!(index < 60, "no number is this server's");
        let fresh = house.right_guess(1000 + index).await;
        assert_eq!(verify(house, &fresh).await.unwrap().outcome(), VerifyOutcome::Verified);
        if own.read().await.concluded["verified"] > before {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_primary_costs_patience_until_its_replica_serves() {
    let mut cluster = RedisCluster::start(3).await;
    let house = House::new(world(&cluster.url(), &[WAITS]).await).await.of_patient_clients();
    let house = Arc::new(house);
    let lose = async {
        house.answers(count() as usize).await;
        house.notices(|| cluster.servers[0].kill()).await;
        // Its replica is promoted; the old primary comes back as that one's.
        cluster.servers[3].log().wait_for_many("after successful failover", 1).await;
        cluster.servers[0].restart();
    };
    let (gone, ()) = tokio::join!(flows(&house, count(), GAP), lose);
    let ends = Ends::of(&house, &gone, &Funnel::of_cluster(&cluster)).await;
    ends.print(&house, 0, 1);
    println!("and {} calls failed meanwhile", *house.failed.borrow());
    assert!(ends.verified > 0);
    // What replication had not carried over yet may be forgotten, unless it was a guess.
    assert_eq!((ends.late, ends.doubled), (0, 0));
    serves(&house, &cluster, 3).await;
}
