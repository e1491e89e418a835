//! Records, their counters and events, and remembered messages.

use std::sync::Arc;

use pombo::{
    otp::MessageTag,
    store::{Commit, Committed},
};
use tokio::{sync::Barrier, task::JoinSet};

use crate::store::bench::{Bench, commit, delivery, key, ms};

promises! {
    a_record_that_is_not_there_has_version_0_and_no_bytes,
    a_commit_is_read_back_byte_by_byte_under_the_next_version,
    a_commit_under_another_version_is_a_conflict,
    of_concurrent_commits_under_one_version_exactly_one_is_done,
    a_conflicting_commit_leaves_everything_untouched,
    a_record_ends_with_its_ttl_and_begins_again_at_version_0,
    every_commit_gives_a_record_its_ttl_anew,
    counters_sum_over_all_recipients,
    events_are_kept_in_order,
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
    bench.commit(Commit { ttl: ms(400), ..commit(key(1), 0) }, Committed::Done).await;
    assert_eq!(bench.version(&key(1)).await, 1);
    bench.pass(ms(400)).await;
    let loaded = bench.store.load(&key(1)).await.unwrap();
    assert_eq!((loaded.version, loaded.blob), (0, None));
    bench.commit(commit(key(1), 1), Committed::Conflict).await;
    bench.commit(commit(key(1), 0), Committed::Done).await;
}

async fn every_commit_gives_a_record_its_ttl_anew(bench: Bench) {
    bench.commit(Commit { ttl: ms(400), ..commit(key(1), 0) }, Committed::Done).await;
    bench.commit(Commit { ttl: ms(60_000), ..commit(key(1), 1) }, Committed::Done).await;
    bench.pass(ms(400)).await;
    assert_eq!(bench.version(&key(1)).await, 2);
    bench.commit(Commit { ttl: ms(20), ..commit(key(1), 2) }, Committed::Done).await;
    bench.pass(ms(20)).await;
    assert_eq!(bench.version(&key(1)).await, 0);
}

async fn counters_sum_over_all_recipients(bench: Bench) {
    for number in 0..20 {
        let counters =
            vec![("issued".into(), 2), ("left:ção {1}".into(), -1), ("issued".into(), 1)];
        bench.commit(Commit { counters, ..commit(key(number), 0) }, Committed::Done).await;
    }
    assert_eq!(bench.store.counter("issued").await.unwrap(), 60);
    assert_eq!(bench.store.counter("left:ção {1}").await.unwrap(), -20);
    assert_eq!(bench.store.counter("never").await.unwrap(), 0);
}

async fn events_are_kept_in_order(bench: Bench) {
    let events = vec![vec![0, 255], vec![], b"third".to_vec()];
    bench.commit(Commit { events, ..commit(key(1), 0) }, Committed::Done).await;
    bench
        .commit(Commit { events: vec![b"fourth".to_vec()], ..commit(key(1), 1) }, Committed::Done)
        .await;
    let kept = bench.events(&key(1)).await;
    assert_eq!(kept, [vec![0, 255], vec![], b"third".to_vec(), b"fourth".to_vec()]);
}

async fn a_message_is_found_until_its_ttl_has_passed(bench: Bench) {
    let message = MessageTag([5; 12]);
    assert_eq!(bench.store.find(&message).await.unwrap(), None);
    bench.store.remember(&message, &delivery(2), ms(400)).await.unwrap();
    assert_eq!(bench.store.find(&message).await.unwrap(), Some(delivery(2)));
    assert_eq!(bench.store.find(&MessageTag([6; 12])).await.unwrap(), None);
    bench.pass(ms(400)).await;
    assert_eq!(bench.store.find(&message).await.unwrap(), None);
}

async fn a_store_answers(bench: Bench) {
    bench.store.ping().await.unwrap();
    let before = bench.now().await;
    bench.pass(ms(5)).await;
    assert!(bench.now().await >= before + ms(5));
}
