//! Event streams and their readers.

use pombo::{
    otp::RecipientKey,
    store::{Commit, Committed, EventId, Followed, Reader, Recorded},
};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, commit, key, ms};

promises! {
    a_reader_is_told_what_it_has_not_passed_in_order,
    a_new_name_begins_with_the_oldest_event_and_has_a_place_of_its_own,
    each_partition_has_a_stream_of_its_own,
    while_something_is_left_a_stream_is_one_readers_alone,
    a_stream_with_nothing_left_is_free,
    a_lease_that_ran_out_is_taken_over_where_its_reader_stood,
    passing_renews_the_lease_and_only_its_holder_may_pass,
    of_concurrent_readers_one_has_the_stream,
    what_the_bound_took_away_is_told_once,
    what_ended_unread_is_told_though_nothing_comes_after,
}

const LEASE: u64 = 60_000;

fn reader(bench: &Bench, holder: u64) -> Reader {
    Reader { name: "test", partition: bench.store.partition_of(&key(1)), holder }
}

/// Writes these events for a recipient.
async fn write(bench: &Bench, key: RecipientKey, events: &[&str]) {
    let events = events.iter().map(|event| event.as_bytes().to_vec()).collect();
    let version = bench.version(&key).await;
    bench.commit(Commit { events, ..commit(key, version) }, Committed::Done).await;
}

async fn try_follow(bench: &Bench, reader: &Reader, lease_ms: u64) -> Option<(Vec<Recorded>, u64)> {
    match bench.store.follow(reader, ms(lease_ms), 3).await.unwrap() {
        Followed::Events { events, lost, .. } => Some((events, lost)),
        Followed::ByAnother => None,
    }
}

/// What a reader is told, at most three at once, and the id of the last.
async fn follow(bench: &Bench, reader: &Reader) -> (Vec<String>, EventId) {
    let (events, lost) = try_follow(bench, reader, LEASE).await.expect("the stream is its own");
    assert_eq!(lost, 0);
    let last = events.last().map_or(EventId::default(), |last| last.id);
    assert!(events.is_sorted_by_key(|event| event.id));
    (events.into_iter().map(|it| String::from_utf8(it.event).unwrap()).collect(), last)
}

async fn pass(bench: &Bench, reader: &Reader, event: EventId) -> bool {
    bench.store.pass(reader, event, ms(LEASE)).await.unwrap()
}

async fn a_reader_is_told_what_it_has_not_passed_in_order(bench: Bench) {
    let reader = reader(&bench, 1);
    assert_eq!(follow(&bench, &reader).await.0, [""; 0]);
    write(&bench, key(1), &["a", "b"]).await;
    write(&bench, key(1), &["c", "d"]).await;
    let (told, last) = follow(&bench, &reader).await;
    assert_eq!(told, ["a", "b", "c"]);
    assert_eq!(follow(&bench, &reader).await.0, ["a", "b", "c"], "nothing was passed");
    assert!(pass(&bench, &reader, last).await);
    let (told, last) = follow(&bench, &reader).await;
    assert_eq!(told, ["d"]);
    assert!(pass(&bench, &reader, last).await);
    assert_eq!(follow(&bench, &reader).await.0, [""; 0]);
    write(&bench, key(1), &["e"]).await;
    assert_eq!(follow(&bench, &reader).await.0, ["e"]);
}

async fn a_new_name_begins_with_the_oldest_event_and_has_a_place_of_its_own(bench: Bench) {
    let first = reader(&bench, 1);
    write(&bench, key(1), &["a", "b"]).await;
    let (_, last) = follow(&bench, &first).await;
    assert!(pass(&bench, &first, last).await);
    let second = Reader { name: "other", holder: 2, ..first };
    assert_eq!(follow(&bench, &second).await.0, ["a", "b"]);
}

async fn each_partition_has_a_stream_of_its_own(bench: Bench) {
    write(&bench, key(1), &["a"]).await;
    write(&bench, key(2), &["b"]).await;
    let (one, two) = (bench.store.partition_of(&key(1)), bench.store.partition_of(&key(2)));
    assert!(one != two && one.max(two) < bench.store.partitions());
    assert_eq!(follow(&bench, &reader(&bench, 1)).await.0, ["a"]);
    let two = Reader { partition: two, ..reader(&bench, 1) };
    assert_eq!(follow(&bench, &two).await.0, ["b"]);
}

async fn while_something_is_left_a_stream_is_one_readers_alone(bench: Bench) {
    let (one, two) = (reader(&bench, 1), reader(&bench, 2));
    write(&bench, key(1), &["a"]).await;
    follow(&bench, &one).await;
    assert_eq!(try_follow(&bench, &two, LEASE).await, None);
    assert_eq!(follow(&bench, &one).await.0, ["a"], "its own holder is not kept out");
}

async fn a_stream_with_nothing_left_is_free(bench: Bench) {
    let (one, two) = (reader(&bench, 1), reader(&bench, 2));
    write(&bench, key(1), &["a"]).await;
    let (_, last) = follow(&bench, &one).await;
    assert!(pass(&bench, &one, last).await);
    follow(&bench, &one).await;
    write(&bench, key(1), &["b"]).await;
    assert_eq!(follow(&bench, &two).await.0, ["b"]);
    assert!(!pass(&bench, &one, last).await, "it is the other's now");
}

async fn a_lease_that_ran_out_is_taken_over_where_its_reader_stood(bench: Bench) {
    let (one, two) = (reader(&bench, 1), reader(&bench, 2));
    write(&bench, key(1), &["a", "b"]).await;
    let (events, _) = try_follow(&bench, &one, 400).await.unwrap();
    assert!(bench.store.pass(&one, events[0].id, ms(400)).await.unwrap());
    assert_eq!(try_follow(&bench, &two, LEASE).await, None);
    bench.pass(ms(400)).await;
    assert_eq!(follow(&bench, &two).await.0, ["b"]);
    assert_eq!(try_follow(&bench, &one, LEASE).await, None);
}

async fn passing_renews_the_lease_and_only_its_holder_may_pass(bench: Bench) {
    let (one, two) = (reader(&bench, 1), reader(&bench, 2));
    write(&bench, key(1), &["a", "b"]).await;
    let (events, _) = try_follow(&bench, &one, 400).await.unwrap();
    assert!(!pass(&bench, &two, events[1].id).await);
    assert!(pass(&bench, &one, events[0].id).await);
    bench.pass(ms(400)).await;
    assert_eq!(try_follow(&bench, &two, LEASE).await, None);
    assert_eq!(follow(&bench, &one).await.0, ["b"]);
}

async fn of_concurrent_readers_one_has_the_stream(bench: Bench) {
    write(&bench, key(1), &["a"]).await;
    let mut follows = JoinSet::new();
    for holder in 0..20 {
        let (store, reader) = (bench.store.clone(), reader(&bench, holder));
        follows.spawn(async move { store.follow(&reader, ms(LEASE), 3).await.unwrap() });
    }
    let all = follows.join_all().await;
    assert_eq!(all.iter().filter(|told| **told != Followed::ByAnother).count(), 1);
}

async fn what_the_bound_took_away_is_told_once(bench: Bench) {
    let reader = reader(&bench, 1);
    write(&bench, key(1), &["first"]).await;
    follow(&bench, &reader).await;
    for _ in 0..5 {
        write(&bench, key(1), &["more"; 3_000]).await;
    }
    let (events, lost) = try_follow(&bench, &reader, LEASE).await.unwrap();
    assert_eq!(events.len(), 3);
    // Which is the oldest that is left, its number says.
    assert_eq!(lost, events[0].id.count - 1);
    assert!(lost > 0, "nothing was lost");
    assert_eq!(follow(&bench, &reader).await.0, ["more"; 3]);
}

async fn what_ended_unread_is_told_though_nothing_comes_after(bench: Bench) {
    let reader = reader(&bench, 1);
    let events = vec![b"a".to_vec(), b"b".to_vec()];
    // Its record lives on.
    let short = Commit { events, events_ttl: ms(400), ..commit(key(1), 0) };
    bench.commit(short, Committed::Done).await;
    let (events, _) = try_follow(&bench, &reader, 10).await.unwrap();
    assert!(bench.store.pass(&reader, events[0].id, ms(10)).await.unwrap());
    bench.pass(ms(400)).await;
    assert_eq!(try_follow(&bench, &reader, LEASE).await, Some((vec![], 1)));
    assert_eq!(try_follow(&bench, &reader, LEASE).await, Some((vec![], 0)));
}
