//! A replica that stops is through with what it claimed: nobody waits for its leases.

use std::{sync::Arc, time::Duration};

use pombo::otp::State;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::support::{
    clock,
    pombo::PATIENCE,
    replica::{issue, replica, rules},
    world::number,
};

const CHALLENGES: u32 = 300;

#[tokio::test]
async fn what_a_stopping_replica_has_claimed_it_looks_after() {
    let (store, clock) = clock::store();
    let ttl = Duration::from_secs(60);
    let dead = replica(Arc::new(store.clone()), rules(ttl));
    let mut ids = Vec::new();
    for index in 0..CHALLENGES {
        ids.push(issue(&dead, &number(index, "00")).await);
    }
    assert!(dead.drain(PATIENCE).await);
    clock.pass(ttl + Duration::from_secs(1));

    // Its first scan claims all that is due; it is told to stop when it has done the first of it.
    let heir = replica(Arc::new(store.clone()), rules(ttl));
    let (mut facts, stop) = (heir.facts(), CancellationToken::new());
    let working = tokio::spawn({
        let (heir, stop) = (Arc::clone(&heir), stop.clone());
        async move { heir.run(stop).await }
    });
    timeout(PATIENCE, facts.recv()).await.unwrap().unwrap();
    stop.cancel();
    timeout(PATIENCE, working).await.expect("it stops").unwrap();
    assert!(heir.drain(PATIENCE).await);
    // Looks would themselves find that a challenge's time is over, so the store is asked first.
    assert_eq!(store.alarms(), [], "nothing is left to be looked at");
    assert_eq!(heir.live_challenges().await.unwrap(), 0);

    let looks = ids.iter().map(|id| {
        let (heir, id) = (Arc::clone(&heir), *id);
        async move { heir.get(String::new(), id).await.unwrap().challenge.state() }
    });
    let states = looks.collect::<JoinSet<_>>().join_all().await;
    assert!(states.iter().all(|state| *state == State::Expired));
}
