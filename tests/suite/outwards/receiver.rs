//! Somebody who takes events over HTTP.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::Notify,
    task::AbortHandle,
    time::{sleep, timeout},
};

use crate::support::pombo::PATIENCE;

/// An event as it came.
#[derive(Clone)]
pub struct Came {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub event: Value,
}

impl Came {
    pub fn text(&self, attribute: &str) -> &str {
        self.event[attribute].as_str().unwrap_or_default()
    }

    /// The middle of the type: `challenge.verified`.
    pub fn kind(&self) -> &str {
        let kind = self.text("type").strip_prefix("pombo.otp.").unwrap();
        kind.strip_suffix(".v1").unwrap()
    }
}

/// How it answers: a status, or nothing at all.
type Answers = Arc<dyn Fn(&Value) -> Option<u16> + Send + Sync>;

#[derive(Default)]
struct Book {
    /// Every try, in order.
    tries: Vec<Came>,
    /// Those that were taken.
    taken: Vec<Came>,
    answers: Option<Answers>,
    /// Partitions that are being told right now.
    telling: HashSet<String>,
    overlaps: usize,
}

/// A receiver on a free port, until it is dropped. It takes everything unless told otherwise.
pub struct Receiver {
    port: u16,
    book: Arc<(Mutex<Book>, Notify)>,
    task: AbortHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book: Arc<(Mutex<Book>, Notify)> = Arc::default();
        let app = Router::new().fallback(take).with_state(book.clone());
        let serve = async move { axum::serve(listener, app).await.unwrap() };
        Self { port, book, task: tokio::spawn(serve).abort_handle() }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks/pombo?of=tests", self.port)
    }

    /// Answers from now on by this; `None` is no answer at all.
    pub fn answer(&self, answers: impl Fn(&Value) -> Option<u16> + Send + Sync + 'static) {
        self.book.0.lock().unwrap().answers = Some(Arc::new(answers));
    }

    pub fn tries(&self) -> Vec<Came> {
        self.book.0.lock().unwrap().tries.clone()
    }

    /// How often a partition's event came while another of it was being taken.
    pub fn overlaps(&self) -> usize {
        self.book.0.lock().unwrap().overlaps
    }

    /// What was taken once it is enough, each event once, in the order of its first coming.
    pub async fn until(&self, what: &str, enough: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        self.until_of(|book| &book.taken, what, enough).await
    }

    /// Waits until enough was tried.
    pub async fn until_tried(&self, what: &str, enough: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        self.until_of(|book| &book.tries, what, enough).await
    }

    async fn until_of(
        &self,
        of: fn(&Book) -> &Vec<Came>,
        what: &str,
        enough: impl Fn(&[Came]) -> bool,
    ) -> Vec<Came> {
        let found = async {
            loop {
                let more = self.book.1.notified();
                let seen = once_each(of(&self.book.0.lock().unwrap()));
                if enough(&seen) {
                    return seen;
                }
                more.await;
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| {
            let seen = once_each(of(&self.book.0.lock().unwrap()));
            panic!("waited for {what}; came: {:#?}", kinds(&seen))
        })
    }

    /// What was taken of these challenges, once each has its conclusion.
    pub async fn concluded(&self, challenges: &[String]) -> Vec<Came> {
        let is_end = |came: &Came, id: &String| {
            came.text("subject") == id && came.event["data"].get("state").is_some()
        };
        self.until("conclusions", |seen| {
            challenges.iter().all(|id| seen.iter().any(|came| is_end(came, id)))
        })
        .await
    }
}

/// Each event once, by its id.
fn once_each(came: &[Came]) -> Vec<Came> {
    let mut ids = HashSet::new();
    came.iter().filter(|it| ids.insert(it.text("id").to_owned())).cloned().collect()
}

/// What came to each challenge, in order.
pub fn kinds(came: &[Came]) -> BTreeMap<String, Vec<String>> {
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for came in came {
        kinds.entry(came.text("subject").to_owned()).or_default().push(came.kind().to_owned());
    }
    kinds
}

/// How long an event is in the taking, so that two at once would be seen.
const TAKING: Duration = Duration::from_millis(2);

async fn take(
    State(book): State<Arc<(Mutex<Book>, Notify)>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let event: Value = serde_json::from_slice(&body).unwrap();
    let came = Came { headers, body, event };
    let partition = came.text("partitionkey").to_owned();
    let answers = {
        let mut book = book.0.lock().unwrap();
        book.tries.push(came.clone());
        book.overlaps += usize::from(!book.telling.insert(partition.clone()));
        book.answers.clone()
    };
    book.1.notify_waiters();
    let answer = answers.map_or(Some(204), |answers| answers(&came.event));
    let Some(status) = answer else {
        book.0.lock().unwrap().telling.remove(&partition);
        return std::future::pending().await;
    };
    sleep(TAKING).await;
    let mut held = book.0.lock().unwrap();
    held.telling.remove(&partition);
    if status < 300 {
        held.taken.push(came);
    }
    drop(held);
    book.1.notify_waiters();
    StatusCode::from_u16(status).unwrap()
}
