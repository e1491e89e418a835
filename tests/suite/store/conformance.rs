//! What every store promises. Written once, run over each.

use std::{collections::HashSet, sync::Arc, time::Duration};

use pombo::{
    otp::MessageTag,
    store::{Charge, Charged, Commit, Committed, Due},
};
use tokio::{sync::Barrier, task::JoinSet};

use super::bench::{Bench, charge, commit, delivery, key, ms};

macro_rules! promises {
    ($($promise:ident,)+) => {
        mod memory {
            use super::*;
            $(#[tokio::test] async fn $promise() { super::$promise(Bench::memory().await).await })+
        }
        mod redis {
            use super::*;
            $(#[tokio::test] async fn $promise() { super::$promise(Bench::redis().await).await })+
        }
    };
}

promises! {
    a_record_that_is_not_there_has_version_0_and_no_bytes,
    a_commit_is_read_back_byte_by_byte_under_the_next_version,
    a_commit_under_another_version_is_a_conflict,
    of_concurrent_commits_under_one_version_exactly_one_is_done,
    a_conflicting_commit_leaves_everything_untouched,
    a_record_ends_with_its_ttl_and_begins_again_at_version_0,
    every_commit_gives_a_record_its_ttl_anew,
    an_alarm_is_handed_out_once_it_is_due,
    a_claimed_alarm_comes_back_after_its_lease,
    of_concurrent_claims_exactly_one_gets_an_alarm,
    a_commit_replaces_the_alarm,
    a_commit_without_an_alarm_removes_it,
    alarms_come_earliest_first_and_not_more_than_asked_for,
    what_is_not_handed_out_is_not_leased,
    an_alarm_whose_record_has_ended_is_dropped,
    counters_sum_over_all_recipients,
    events_are_kept_in_order,
    a_window_lets_its_count_through_and_then_tells_the_wait,
    who_waits_as_long_as_told_gets_through,
    who_waits_a_millisecond_less_does_not,
    every_window_has_a_say_and_a_refusal_charges_none,
    an_operation_is_charged_once,
    of_concurrent_charges_exactly_the_count_gets_through,
    what_was_charged_can_be_given_back_once,
    what_was_not_charged_is_not_given_back,
    a_counter_without_windows_has_no_limit,
    windows_of_one_counter_are_kept_apart,
    a_message_is_found_until_its_ttl_has_passed,
    a_store_answers,
}

async fn a_record_that_is_not_there_has_version_0_and_no_bytes(bench: Bench) {
    let loaded = bench.store.load(&key(1)).await.unwrap();
    assert_eq!((loaded.version, loaded.blob), (0, None));
}

async fn a_commit_is_read_back_byte_by_byte_under_the_next_version(bench: Bench) {
    let every_byte: Vec<u8> = (0..=255).collect();
    for (version, blob) in [every_byte, vec![], vec![0; 100_000]].into_iter().enumerate() {
        let version = version as u64;
        let commit = Commit { blob: blob.clone(), ..commit(key(1), version) };
        bench.commit(commit, Committed::Done).await;
        let loaded = bench.store.load(&key(1)).await.unwrap();
        assert_eq!((loaded.version, loaded.blob), (version + 1, Some(blob)));
    }
    assert_eq!(bench.version(&key(2)).await, 0);
}

async fn a_commit_under_another_version_is_a_conflict(bench: Bench) {
    bench.commit(commit(key(1), 1), Committed::Conflict).await;
    bench.commit(commit(key(1), 0), Committed::Done).await;
    for version in [0, 2, u64::from(u32::MAX)] {
        bench.commit(commit(key(1), version), Committed::Conflict).await;
    }
    bench.commit(commit(key(1), 1), Committed::Done).await;
}

async fn of_concurrent_commits_under_one_version_exactly_one_is_done(bench: Bench) {
    for version in 0..3 {
        let start = Arc::new(Barrier::new(40));
        let mut commits = JoinSet::new();
        for _ in 0..40 {
            let (store, start) = (bench.store.clone(), start.clone());
            commits.spawn(async move {
                start.wait().await;
                store.commit(&commit(key(1), version)).await.unwrap()
            });
        }
        let all = commits.join_all().await;
        assert_eq!(all.iter().filter(|&&one| one == Committed::Done).count(), 1);
        assert_eq!(bench.version(&key(1)).await, version + 1);
    }
}

async fn a_conflicting_commit_leaves_everything_untouched(bench: Bench) {
    let alarm = bench.now().await;
    let full = |version, blob: &[u8], name: &str| Commit {
        blob: blob.to_vec(),
        alarm: Some(alarm + ms(version * 10_000)),
        counters: vec![(name.into(), 1)],
        events: vec![name.into()],
        ..commit(key(1), version)
    };
    bench.commit(full(0, b"first", "first"), Committed::Done).await;
    bench.commit(full(5, b"other", "other"), Committed::Conflict).await;
    let removing = Commit { alarm: None, ..full(6, b"other", "other") };
    bench.commit(removing, Committed::Conflict).await;

    assert_eq!(bench.store.load(&key(1)).await.unwrap().blob.unwrap(), b"first");
    assert_eq!(bench.store.counter("first").await.unwrap(), 1);
    assert_eq!(bench.store.counter("other").await.unwrap(), 0);
    assert_eq!(bench.events(&key(1)).await, [b"first"]);
    let due = bench.claim(1000, 10).await;
    assert_eq!(due.iter().map(|due| due.at).collect::<Vec<_>>(), [alarm]);
}

async fn a_record_ends_with_its_ttl_and_begins_again_at_version_0(bench: Bench) {
    bench.commit(Commit { ttl: ms(50), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.version(&key(1)).await, 1);
    bench.pass(ms(50)).await;
    let loaded = bench.store.load(&key(1)).await.unwrap();
    assert_eq!((loaded.version, loaded.blob), (0, None));
    bench.commit(commit(key(1), 1), Committed::Conflict).await;
    bench.commit(commit(key(1), 0), Committed::Done).await;
}

async fn every_commit_gives_a_record_its_ttl_anew(bench: Bench) {
    bench.commit(Commit { ttl: ms(50), ..commit(key(1), 0) }, Committed::Done).await;
    bench.commit(Commit { ttl: ms(60_000), ..commit(key(1), 1) }, Committed::Done).await;
    bench.pass(ms(50)).await;
    assert_eq!(bench.version(&key(1)).await, 2);
    bench.commit(Commit { ttl: ms(20), ..commit(key(1), 2) }, Committed::Done).await;
    bench.pass(ms(20)).await;
    assert_eq!(bench.version(&key(1)).await, 0);
}

async fn an_alarm_is_handed_out_once_it_is_due(bench: Bench) {
    let at = bench.now().await + ms(100);
    bench.commit(Commit { alarm: Some(at), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.claim(1000, 10).await, []);
    bench.pass(ms(100)).await;
    let due = bench.claim(1000, 10).await;
    let [Due { key: whose, at: when, now }] = due[..] else { panic!("{due:?}") };
    assert_eq!((whose, when), (key(1), at));
    assert!(now >= at);
}

async fn a_claimed_alarm_comes_back_after_its_lease(bench: Bench) {
    let at = bench.now().await;
    bench.commit(Commit { alarm: Some(at), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.claim(100, 10).await.len(), 1);
    assert_eq!(bench.claim(100, 10).await, []);
    bench.pass(ms(100)).await;
    assert_eq!(bench.claim(100, 10).await.len(), 1);
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

async fn counters_sum_over_all_recipients(bench: Bench) {
    for number in 0..20 {
        let counters = vec![("issued".into(), 2), ("left:ção {1}".into(), -1), ("issued".into(), 1)];
        bench.commit(Commit { counters, ..commit(key(number), 0) }, Committed::Done).await;
    }
    assert_eq!(bench.store.counter("issued").await.unwrap(), 60);
    assert_eq!(bench.store.counter("left:ção {1}").await.unwrap(), -20);
    assert_eq!(bench.store.counter("never").await.unwrap(), 0);
}

async fn events_are_kept_in_order(bench: Bench) {
    let events = vec![vec![0, 255], vec![], b"third".to_vec()];
    bench.commit(Commit { events, ..commit(key(1), 0) }, Committed::Done).await;
    bench.commit(Commit { events: vec![b"fourth".to_vec()], ..commit(key(1), 1) }, Committed::Done).await;
    let kept = bench.events(&key(1)).await;
    assert_eq!(kept, [vec![0, 255], vec![], b"third".to_vec(), b"fourth".to_vec()]);
}

fn wait(charged: Charged) -> Duration {
    match charged {
        Charged::Refused(wait) => wait,
        Charged::Allowed => panic!("allowed"),
    }
}

async fn a_window_lets_its_count_through_and_then_tells_the_wait(bench: Bench) {
    let windows = [(3, 60_000)];
    for operation in 0..3 {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
    let told = wait(bench.charge(&charge(1, 9, &windows)).await);
    assert!(told <= ms(20_000) && told > ms(19_000), "{told:?}");
    assert!(!bench.time_stands_still() || told == ms(20_000));
    // Another counter knows nothing of it.
    assert_eq!(bench.charge(&charge(2, 9, &windows)).await, Charged::Allowed);
}

async fn who_waits_as_long_as_told_gets_through(bench: Bench) {
    // 400 / 7 ms is no whole number.
    let windows = [(7, 400), (3, 200)];
    let mut through = 0;
    for operation in 0..20 {
        match bench.charge(&charge(1, operation, &windows)).await {
            Charged::Allowed => through += 1,
            Charged::Refused(told) => {
                bench.pass(told).await;
                let again = bench.charge(&charge(1, operation, &windows)).await;
                assert_eq!(again, Charged::Allowed, "after {told:?}");
            }
        }
    }
    assert!(through >= 3, "the burst");
}

async fn who_waits_a_millisecond_less_does_not(bench: Bench) {
    if !bench.time_stands_still() {
        // A real clock can't be held a millisecond before a moment; the sums are the same.
        return;
    }
    let windows = [(7, 1000)];
    for operation in 0..7 {
        bench.charge(&charge(1, operation, &windows)).await;
    }
    let told = wait(bench.charge(&charge(1, 9, &windows)).await);
    bench.pass(told - ms(1)).await;
    assert_eq!(bench.charge(&charge(1, 9, &windows)).await, Charged::Refused(ms(1)));
    bench.pass(ms(1)).await;
    assert_eq!(bench.charge(&charge(1, 9, &windows)).await, Charged::Allowed);
}

async fn every_window_has_a_say_and_a_refusal_charges_none(bench: Bench) {
    let both = [(1, 60_000), (2, 600_000)];
    assert_eq!(bench.charge(&charge(1, 0, &both)).await, Charged::Allowed);
    for operation in 1..10 {
        let told = wait(bench.charge(&charge(1, operation, &both)).await);
        assert!(told <= ms(60_000), "{told:?}");
    }
    // The refusals have left the room in the longer window: one of two.
    let longer = [(2, 600_000)];
    assert_eq!(bench.charge(&charge(1, 20, &longer)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 21, &longer)).await);
}

async fn an_operation_is_charged_once(bench: Bench) {
    let windows = [(2, 60_000)];
    for _ in 0..5 {
        assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
    }
    assert_eq!(bench.charge(&charge(1, 2, &windows)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 3, &windows)).await);
    // It is told the same when there is no room any more.
    assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
}

async fn of_concurrent_charges_exactly_the_count_gets_through(bench: Bench) {
    let mut charges = JoinSet::new();
    for operation in 0..40 {
        let store = bench.store.clone();
        // Each twice: a retry must not count.
        let charge = charge(1, operation % 20, &[(7, 60_000), (11, 600_000)]);
        charges.spawn(async move { (charge.operation, store.charge(&charge).await.unwrap()) });
    }
    let all = charges.join_all().await;
    let allowed = all.into_iter().filter(|(_, charged)| *charged == Charged::Allowed);
    let allowed: HashSet<_> = allowed.map(|(operation, _)| operation).collect();
    assert_eq!(allowed.len(), 7);
}

async fn what_was_charged_can_be_given_back_once(bench: Bench) {
    let windows = [(2, 60_000)];
    for operation in [1, 2] {
        assert_eq!(bench.charge(&charge(1, operation, &windows)).await, Charged::Allowed);
    }
    wait(bench.charge(&charge(1, 3, &windows)).await);
    let back = Charge { cost: -1, ..charge(1, 1, &windows) };
    for _ in 0..3 {
        assert_eq!(bench.charge(&back).await, Charged::Allowed);
    }
    assert_eq!(bench.charge(&charge(1, 3, &windows)).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 4, &windows)).await);
    // Given back, it is as if never charged.
    wait(bench.charge(&charge(1, 1, &windows)).await);
}

async fn what_was_not_charged_is_not_given_back(bench: Bench) {
    let windows = [(1, 60_000)];
    assert_eq!(bench.charge(&charge(1, 1, &windows)).await, Charged::Allowed);
    // One that was refused, and one that nobody knows.
    wait(bench.charge(&charge(1, 2, &windows)).await);
    for operation in [2, 3] {
        let back = Charge { cost: -1, ..charge(1, operation, &windows) };
        assert_eq!(bench.charge(&back).await, Charged::Allowed);
    }
    wait(bench.charge(&charge(1, 4, &windows)).await);
}

async fn a_counter_without_windows_has_no_limit(bench: Bench) {
    for operation in 0..10 {
        assert_eq!(bench.charge(&charge(1, operation, &[])).await, Charged::Allowed);
    }
}

async fn windows_of_one_counter_are_kept_apart(bench: Bench) {
    // As while two configurations are served side by side.
    assert_eq!(bench.charge(&charge(1, 1, &[(1, 60_000)])).await, Charged::Allowed);
    assert_eq!(bench.charge(&charge(1, 2, &[(1, 30_000)])).await, Charged::Allowed);
    wait(bench.charge(&charge(1, 3, &[(1, 60_000)])).await);
    wait(bench.charge(&charge(1, 4, &[(1, 30_000)])).await);
}

async fn a_message_is_found_until_its_ttl_has_passed(bench: Bench) {
    let message = MessageTag([5; 12]);
    assert_eq!(bench.store.find(&message).await.unwrap(), None);
    bench.store.remember(&message, &delivery(2), ms(60)).await.unwrap();
    assert_eq!(bench.store.find(&message).await.unwrap(), Some(delivery(2)));
    assert_eq!(bench.store.find(&MessageTag([6; 12])).await.unwrap(), None);
    bench.pass(ms(60)).await;
    assert_eq!(bench.store.find(&message).await.unwrap(), None);
}

async fn a_store_answers(bench: Bench) {
    bench.store.ping().await.unwrap();
    let before = bench.now().await;
    bench.pass(ms(5)).await;
    assert!(bench.now().await >= before + ms(5));
}
