//! A new version is rolled out under load: one replica after the other is stopped and started again.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::interval};
use tokio_util::sync::CancellationToken;

use super::{BRIEF, Ends, Flow, Funnel, House, world};
use crate::support::{long, redis_server::RedisServer};

/// Flows begin so far apart.
const GAP: Duration = Duration::from_millis(60);

/// Begins one flow after the other until told to stop, and waits for all of them.
async fn load(house: &Arc<House>, until: &CancellationToken) -> Vec<Flow> {
    let (mut beat, mut under_way) = (interval(GAP), JoinSet::new());
    for index in 0.. {
        if until.run_until_cancelled(beat.tick()).await.is_none() {
            break;
        }
        let house = Arc::clone(house);
        under_way.spawn(async move { Flow::go(&house, index).await });
    }
    under_way.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_call_that_is_asked_once_more() {
    let redis = RedisServer::start_lasting();
    let house = Arc::new(House::new(world(&redis.url(), &[BRIEF]).await).await);
    let (rounds, over) = (if long() { 20 } else { 2 }, CancellationToken::new());
    let roll = async {
        for step in 0..rounds * 2 {
            house.settles().await;
            let mark = *house.answered.borrow() + 20;
            house.answers(mark).await;
            house.replace(step % 2).await;
        }
        over.cancel();
    };
    let (gone, ()) = tokio::join!(load(&house, &over), roll);
    let ends = Ends::of(&house, &gone, &Funnel::of(&redis)).await;
    println!(
        "{} restarts amid {} calls, {} of them asked again; {ends:?}",
        rounds * 2,
        *house.answered.borrow(),
        house.retries(),
    );
    assert_eq!((ends.unreached, ends.lost(), ends.doubled), (0, 0, 0));
}
