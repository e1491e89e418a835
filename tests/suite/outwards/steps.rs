//! A courier's single step, without the binary around it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, http::StatusCode};
use pombo::{
    otp::{IndexKey, RecipientKey, Time},
    outwards::{CloudEvent, Courier, Next, Sink, Verdict, https::Https},
    store::{Commit, Committed, EventId, Recorded, Store, memory::MemoryStore},
};
use tokio::net::TcpListener;

use crate::store::bench::commit;

/// Keeps what it takes, while it takes anything.
#[derive(Clone, Default)]
struct Shelf(Arc<(AtomicBool, Mutex<Vec<CloudEvent>>)>);

impl Shelf {
    fn open(&self) {
        self.0.0.store(true, Ordering::SeqCst);
    }

    fn taken(&self) -> Vec<String> {
        self.0.1.lock().unwrap().iter().map(|event| event.group.clone()).collect()
    }
}

#[async_trait]
impl Sink for Shelf {
    fn name(&self) -> &'static str {
        "shelf"
    }

    async fn take(&self, event: &CloudEvent, _now: Time) -> Verdict {
        if !self.0.0.load(Ordering::SeqCst) {
            return Verdict::Later("it is shut".to_owned(), None);
        }
        self.0.1.lock().unwrap().push(event.clone());
        Verdict::Taken
    }
}

const KEY: RecipientKey = RecipientKey([7; 16]);

fn courier(store: &MemoryStore, shelf: &Shelf) -> Arc<Courier> {
    let index = IndexKey::new([1; 32].into());
    Courier::new(Arc::new(store.clone()), Box::new(shelf.clone()), "urn:test".into(), index)
}

/// Writes events of challenges with these numbers.
async fn write(store: &MemoryStore, numbers: std::ops::Range<usize>) {
    let record = |n| format!(r#"{{"event": "challenge.issued", "time": "t", "challenge": "{n}"}}"#);
    let events = numbers.map(|n| record(n).into_bytes()).collect();
    let version = store.load(&KEY).await.unwrap().version;
    let commit = Commit { events, ..commit(KEY, version) };
    assert_eq!(store.commit(&commit).await.unwrap(), Committed::Done);
}

#[tokio::test]
async fn a_courier_that_the_streams_bound_overtook_goes_on_with_what_is_left() {
    let (store, shelf) = (MemoryStore::default(), Shelf::default());
    let mut trail = courier(&store, &shelf).trail(store.partition_of(&KEY));
    assert_eq!(trail.step().await, Next::OnNews);
    write(&store, 0..1).await;
    assert!(matches!(trail.step().await, Next::After(_)));
    write(&store, 1..2_000).await;
    shelf.open();
    while trail.step().await == Next::AtOnce {}
    let taken = shelf.taken();
    assert!((100..2_000).contains(&taken.len()), "{} of 2000", taken.len());
    let newest: Vec<_> = (2_000 - taken.len()..2_000).map(|n| n.to_string()).collect();
    assert_eq!(taken, newest);
}

#[tokio::test]
async fn pauses_grow_and_have_a_bound() {
    let (store, shelf) = (MemoryStore::default(), Shelf::default());
    let mut trail = courier(&store, &shelf).trail(store.partition_of(&KEY));
    write(&store, 0..1).await;
    for round in 0..40 {
        let Next::After(pause) = trail.step().await else { panic!("it is shut") };
        let longest = Duration::from_millis(500 << round.min(6)).min(Duration::from_secs(30));
        assert!((longest / 2..=longest).contains(&pause), "{pause:?} after {round} failures");
    }
}

#[tokio::test]
async fn while_one_courier_tries_another_of_the_same_sink_keeps_off() {
    let (store, shelf) = (MemoryStore::default(), Shelf::default());
    let partition = store.partition_of(&KEY);
    let [mut first, mut second] = [0, 1].map(|_| courier(&store, &shelf).trail(partition));
    write(&store, 0..3).await;
    assert!(matches!(first.step().await, Next::After(_)));
    shelf.open();
    assert_eq!(second.step().await, Next::OnNews);
    assert!(shelf.taken().is_empty());
    assert_eq!(first.step().await, Next::AtOnce);
    assert_eq!(first.step().await, Next::OnNews);
    write(&store, 3..4).await;
    assert_eq!(second.step().await, Next::AtOnce);
    assert_eq!(shelf.taken(), ["0", "1", "2", "3"]);
}

#[tokio::test]
async fn a_courier_that_stops_gives_its_stream_back() {
    let (store, shelf) = (MemoryStore::default(), Shelf::default());
    let partition = store.partition_of(&KEY);
    let [mut first, mut second] = [0, 1].map(|_| courier(&store, &shelf).trail(partition));
    write(&store, 0..3).await;
    assert!(matches!(first.step().await, Next::After(_)));
    assert_eq!(second.step().await, Next::OnNews, "it is the other's");
    first.leave().await;
    shelf.open();
    let taken = async {
        while shelf.taken().len() < 3 {
            second.step().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), taken).await.expect("long before a lease is over");
}

/// What an endpoint makes of a try that is answered like this.
async fn verdict(status: u16, rest: &'static str) -> Verdict {
    let answer = (StatusCode::from_u16(status).unwrap(), [("retry-after", rest)]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(async move || answer);
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let id = EventId { at: Time::from_secs(1), nth: 0, count: 1 };
    let event = br#"{"event": "challenge.issued", "time": "t", "challenge": "c"}"#.to_vec();
    let event = CloudEvent::new("urn:test", 1, &Recorded { id, event }).unwrap();
    let https = Https::new(&url.into(), vec![vec![7; 32].into()]).unwrap();
    let verdict = https.take(&event, Time::from_secs(2)).await;
    server.abort();
    verdict
}

#[tokio::test]
async fn a_receiver_may_ask_to_be_left_alone_for_a_while() {
    for (status, said, rest) in [(429, "7", 7), (503, "7", 7), (503, "86400", 300)] {
        let rest = Some(Duration::from_secs(rest));
        assert!(matches!(verdict(status, said).await, Verdict::Later(_, got) if got == rest));
    }
    assert!(matches!(verdict(500, "soon").await, Verdict::Later(_, None)));
}

#[tokio::test]
async fn only_an_answer_that_speaks_of_the_event_refuses_it() {
    for status in [400, 413, 415, 422] {
        let refused = Verdict::Refused(format!("it answered {status}"));
        assert_eq!(verdict(status, "7").await, refused);
    }
    for status in [302, 401, 402, 403, 404, 405, 407, 408, 409, 410, 429, 451, 500, 501] {
        let later = Verdict::Later(format!("it answered {status}"), Some(Duration::from_secs(7)));
        assert_eq!(verdict(status, "7").await, later);
    }
}
