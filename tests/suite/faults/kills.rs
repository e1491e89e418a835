//! A replica is killed every so often, and the store once: what was accepted concludes, and nothing
//! twice.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Ends, Funnel, GAP, House, TTL, count, flows_amid, world};
use crate::support::{long, redis_server::RedisServer};

/// After so many calls the next replica is killed, amid what it does then.
fn calls() -> usize {
    if long() { 80 } else { 25 }
}

/// With many kills some sends are cut short twice; then it is for the fallback to reach the person.
fn life() -> (&'static str, &'static str) {
    if long() { ("CODE__TTL", "45s") } else { TTL }
}

/// Kills one replica and then the other, after so many calls each time, and says how often.
async fn kill_by_turns(house: &House, until: &CancellationToken) -> usize {
    let mut begun = house.begun.subscribe();
    for kills in 0.. {
        let before = *begun.borrow();
        let due = async {
            house.settles().await;
            begun.wait_for(|begun| *begun >= before + calls()).await.unwrap();
        };
        if until.run_until_cancelled(due).await.is_none() {
            return kills;
        }
        house.kill(kills % 2).await;
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_every_accepted_challenge_concludes_once() {
    let redis = RedisServer::start_lasting();
    let house = Arc::new(House::new(world(&redis.url(), &[life()]).await).await);
    let kill = async |over: &CancellationToken| kill_by_turns(&house, over).await;
    let (gone, kills) = flows_amid(&house, count(), GAP, kill).await;
    // That no call was lost says, too, that one retry is enough.
    let ends = Ends::of(&house, &gone, &Funnel::of(&redis)).await;
    ends.print(&house, kills, 0);
    assert!(kills >= 2, "{kills} kills prove little");
    assert_eq!((ends.lost(), ends.doubled), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_killed_meanwhile_costs_patience_and_no_challenge() {
    let mut redis = RedisServer::start_lasting();
    let house = House::new(world(&redis.url(), &[life()]).await).await.of_patient_clients();
    let (house, funnel) = (Arc::new(house), Funnel::of(&redis));
    // The store ends amid all this, and starts again once somebody has noticed.
    let kill_the_store = async {
        house.answers(count() as usize).await;
        house.notices(|| redis.kill()).await;
        redis.restart();
    };
    let kill = async |over: &CancellationToken| {
        tokio::join!(kill_by_turns(&house, over), kill_the_store).0
    };
    let (gone, kills) = flows_amid(&house, count(), GAP, kill).await;
    let ends = Ends::of(&house, &gone, &funnel).await;
    ends.print(&house, kills, 0);
    println!("and {} calls failed while the store was away", *house.failed.borrow());
    assert!(kills > 0, "no replica was killed");
    assert_eq!((ends.lost(), ends.doubled), (0, 0));
}
