//! Faults of every kind under load, on real processes: two replicas, a private Redis, and people who go
//! their ways meanwhile. What is promised of a fault holds for every one of them, or is counted.

mod house;

mod flow;

mod funnel;

mod kills;

mod rolling;

mod stalls;

mod store;

mod clocks;

mod failover;

mod cluster;

use std::{ops::Range, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::interval};

use crate::support::world::{SOON, World, brisk};
use flow::{Flow, OVERDUE};
use funnel::Funnel;
use house::House;

/// Codes live long enough for a send to be taken over, and no longer than a test can wait.
const TTL: (&str, &str) = ("CODE__TTL", "25s");

/// The same where no send is taken over.
const BRIEF: (&str, &str) = ("CODE__TTL", "8s");

/// A world in a hurry on this store, in which nothing is paced.
async fn world(store_url: &str, more: &[(&str, &str)]) -> World {
    let rates = [("WHATSAPP__CLOUD__RATE", "1000"), ("SMS__TWILIO__RATE", "1000")];
    let mut settings = brisk();
    settings.meta.limits.per_second = 1000;
    World::new(store_url, settings, &[&rates[..], &[SOON, TTL], more].concat()).await
}

/// So many begin at once, so that there is always a crowd under way.
const CROWD: u32 = 6;

/// Begins a flow of each of these numbers, on the average so far apart, and waits for all of them.
async fn flows(house: &Arc<House>, indices: Range<u32>, gap: Duration) -> Vec<Flow> {
    let (mut beat, mut under_way) = (interval(gap * CROWD), JoinSet::new());
    for index in indices {
        if index % CROWD == 0 {
            beat.tick().await;
        }
        let house = Arc::clone(house);
        under_way.spawn(async move { Flow::go(&house, index).await });
    }
    under_way.join_all().await
}

/// What became of all flows, once every challenge has concluded.
#[derive(Debug, Default)]
struct Ends {
    verified: usize,
    expired: usize,
    /// Challenges that no caller has the id of, or that did not conclude in time.
    lost: usize,
    /// Challenges that were told to be verified more than once.
    doubled: usize,
}

/// Waits until each challenge has ended, and holds the store's own numbers against what callers saw.
async fn ends(house: &House, flows: &[Flow], funnel: &Funnel) -> Ends {
    let mut ends = Ends::default();
    for flow in flows.iter().filter(|flow| !flow.id.is_empty()) {
        assert!(!flow.is_forgotten, "{flow:?}");
        let end = house.end(&flow.id).await;
        ends.lost += usize::from(end.late() > OVERDUE);
        ends.doubled += usize::from(flow.verified > 1);
        ends.verified += usize::from(end.is_verified());
        ends.expired += usize::from(!end.is_verified());
        assert_eq!(end.is_verified(), flow.is_verified, "{flow:?} {end:?}");
    }
    let counted = funnel.read().await;
    assert_eq!(counted.issued, counted.concluded.values().sum::<i64>() + counted.live);
    assert_eq!(counted.live, 0, "{counted:?}");
    assert_eq!(counted.concluded.get("verified").copied(), Some(ends.verified as i64));
    ends
}
