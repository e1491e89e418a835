//! The schedule.

use std::collections::HashSet;

use pombo::store::{Commit, Committed, Due};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, commit, key, ms};

promises! {
    an_alarm_is_handed_out_once_it_is_due,
    a_claimed_alarm_comes_back_after_its_lease,
    of_concurrent_claims_exactly_one_gets_an_alarm,
    a_commit_replaces_the_alarm,
    a_commit_without_an_alarm_removes_it,
    alarms_come_earliest_first_and_not_more_than_asked_for,
    what_is_not_handed_out_is_not_leased,
    an_alarm_whose_record_has_ended_is_dropped,
}

async fn an_alarm_is_handed_out_once_it_is_due(bench: Bench) {
    let at = bench.now().await + ms(400);
    bench.commit(Commit { alarm: Some(at), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.claim(1000, 10).await, []);
    bench.pass(ms(400)).await;
    let due = bench.claim(1000, 10).await;
    let [Due { key: whose, at: when, now }] = due[..] else { panic!("{due:?}") };
    assert_eq!((whose, when), (key(1), at));
    assert!(now >= at);
}

async fn a_claimed_alarm_comes_back_after_its_lease(bench: Bench) {
    let at = bench.now().await;
    bench.commit(Commit { alarm: Some(at), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.claim(400, 10).await.len(), 1);
    assert_eq!(bench.claim(400, 10).await, []);
    bench.pass(ms(400)).await;
    assert_eq!(bench.claim(400, 10).await.len(), 1);
}

async fn of_concurrent_claims_exactly_one_gets_an_alarm(bench: Bench) {
    let at = bench.now().await;
    for number in 0..20 {
        bench.commit(Commit { alarm: Some(at), ..commit(key(number), 0) }, Committed::Done).await;
    }
    let mut claims = JoinSet::new();
    for _ in 0..10 {
        let store = bench.store.clone();
        claims.spawn(async move { store.claim(ms(60_000), 100).await.unwrap() });
    }
    let all = claims.join_all().await.concat();
    let different: HashSet<_> = all.iter().map(|due| due.key).collect();
    assert_eq!((all.len(), different.len()), (20, 20));
}

async fn a_commit_replaces_the_alarm(bench: Bench) {
    let now = bench.now().await;
    bench.commit(Commit { alarm: Some(now), ..commit(key(1), 0) }, Committed::Done).await;
    let later = Some(now + ms(60_000));
    bench.commit(Commit { alarm: later, ..commit(key(1), 1) }, Committed::Done).await;
    assert_eq!(bench.claim(1000, 10).await, []);
    bench.commit(Commit { alarm: Some(now), ..commit(key(1), 2) }, Committed::Done).await;
    assert_eq!(bench.claim(60_000, 10).await.len(), 1);
    // Also the lease of whoever is at it.
    bench.commit(Commit { alarm: Some(now), ..commit(key(1), 3) }, Committed::Done).await;
    assert_eq!(bench.claim(60_000, 10).await.len(), 1);
}

async fn a_commit_without_an_alarm_removes_it(bench: Bench) {
    let now = bench.now().await;
    bench.commit(Commit { alarm: Some(now), ..commit(key(1), 0) }, Committed::Done).await;
    bench.commit(commit(key(1), 1), Committed::Done).await;
    assert_eq!(bench.claim(1000, 10).await, []);
}

async fn alarms_come_earliest_first_and_not_more_than_asked_for(bench: Bench) {
    let now = bench.now().await;
    // All of one partition: only there the order is promised.
    let keys: Vec<_> = (0..6).map(|number| key(number * 8)).collect();
    for (place, &key) in [3, 0, 5, 1, 4, 2].into_iter().zip(&keys) {
        let alarm = Some(now - ms(place * 10));
        bench.commit(Commit { alarm, ..commit(key, 0) }, Committed::Done).await;
    }
    let first = bench.claim(60_000, 4).await;
    assert_eq!(first.len(), 4);
    let rest = bench.claim(60_000, 4).await;
    let order: Vec<_> = first.iter().chain(&rest).map(|due| due.key).collect();
    assert_eq!(order, [2, 4, 0, 5, 3, 1].map(|place| keys[place]));
}

async fn what_is_not_handed_out_is_not_leased(bench: Bench) {
    let now = bench.now().await;
    for number in 0..20 {
        bench.commit(Commit { alarm: Some(now), ..commit(key(number), 0) }, Committed::Done).await;
    }
    let mut seen = HashSet::new();
    for _ in 0..7 {
        let due = bench.claim(60_000, 3).await;
        assert!(due.len() <= 3);
        seen.extend(due.into_iter().map(|due| due.key));
    }
    assert_eq!(seen.len(), 20);
    assert_eq!(bench.claim(60_000, 0).await, []);
}

async fn an_alarm_whose_record_has_ended_is_dropped(bench: Bench) {
    let now = bench.now().await;
    let short = Commit { ttl: ms(30), alarm: Some(now), ..commit(key(1), 0) };
    bench.commit(short, Committed::Done).await;
    // A neighbour in its partition, so that the schedule itself lives on.
    bench.commit(Commit { alarm: Some(now), ..commit(key(9), 0) }, Committed::Done).await;
    bench.pass(ms(30)).await;
    let due = bench.claim(1000, 10).await;
    assert_eq!(due.iter().map(|due| due.key).collect::<Vec<_>>(), [key(9)]);
    // It does not come with the next record either.
    bench.commit(commit(key(1), 0), Committed::Done).await;
    assert_eq!(bench.claim(1000, 10).await, []);
}
