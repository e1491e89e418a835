//! The messages that reached a phone, and the page that shows them.
//!
//! What was accepted but never arrived is not here; nor are receipts.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::{clock, number};

/// The oldest messages make room past this many.
const CAPACITY: usize = 10_000;
/// How far a subscriber may fall behind before it misses some.
const BACKLOG: usize = 1_024;

/// The way a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    WhatsApp,
    Sms,
}

/// One message as the phone shows it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    pub channel: Channel,
    /// E.164, with the `+`.
    pub to: String,
    /// The code in it; empty when an SMS holds no run of 4 to 10 digits.
    pub code: String,
    /// The whole text.
    pub text: String,
    /// When it arrived, RFC 3339 in UTC.
    pub time: String,
    /// What the sender calls it: its callback data. No phone shows it.
    #[serde(skip)]
    pub reference: String,
}

impl Delivered {
    pub(crate) fn now(
        channel: Channel,
        to: &str,
        code: &str,
        text: String,
        reference: &str,
    ) -> Self {
        let time = clock::rfc3339(SystemTime::now());
        Self {
            channel,
            to: to.to_owned(),
            code: code.to_owned(),
            text,
            time,
            reference: reference.to_owned(),
        }
    }
}

/// Neither the code nor the whole number: this is what a log line or a failed assertion would show.
impl fmt::Debug for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = number::masked(&self.to);
        write!(f, "Delivered({:?} to {to} at {})", self.channel, self.time)
    }
}

/// A shared list of arrived messages; clones see the same one.
#[derive(Clone)]
pub struct Inbox {
    messages: Arc<Mutex<VecDeque<Delivered>>>,
    arrivals: broadcast::Sender<Delivered>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { messages: Arc::default(), arrivals: broadcast::Sender::new(BACKLOG) }
    }

    /// What has arrived, oldest first: for one number (`+` and digits), or for all.
    #[must_use]
    pub fn messages(&self, to: Option<&str>) -> Vec<Delivered> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().filter(|m| to.is_none_or(|to| m.to == to)).cloned().collect()
    }

    /// Each message from now on, as it arrives.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Delivered> {
        self.arrivals.subscribe()
    }

    /// Resolves with a number's messages once there are at least `n`. It waits for ever; callers that
    /// can't should put a timeout around it.
    pub async fn wait_for(&self, to: &str, n: usize) -> Vec<Delivered> {
        // Subscribed before the first look, so that nothing arrives unseen in between.
        let mut arrivals = self.subscribe();
        loop {
            let messages = self.messages(Some(to));
            if messages.len() >= n {
                return messages;
            }
            // Having missed some is as good a reason to look again as having got one.
            while arrivals.recv().await.is_ok_and(|other| other.to != to) {}
        }
    }

    pub(crate) fn add(&self, message: Delivered) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == CAPACITY {
            messages.pop_front();
        }
        messages.push_back(message.clone());
        drop(messages);
        // It fails when nobody listens, and then there is nobody to tell.
        let _ = self.arrivals.send(message);
    }
}

/// `GET /simulator/inbox?to=%2B5511987654321`: the messages of a number, or of all without `to`.
pub fn router(inbox: Inbox) -> Router {
    Router::new().route("/simulator/inbox", get(show)).with_state(inbox)
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn show(State(inbox): State<Inbox>, Query(filter): Query<Filter>) -> Json<Vec<Delivered>> {
    // A plus sign left unescaped in a query arrives as a space; people type it so.
    let to = filter.to.map(|to| to.replacen(' ', "+", 1));
    Json(inbox.messages(to.as_deref()))
}
