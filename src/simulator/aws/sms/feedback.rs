//! What was sent, and what the sender has told since of each message's success.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::{Cloud, Fault, Misfit, NAME, Text, invalid, members, missing};

/// The oldest messages are forgotten past this many.
const CAPACITY: usize = 10_000;

/// The sender's word on a message: whether its code came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    Received,
    Failed,
}

struct Record {
    id: String,
    to: String,
    enabled: bool,
    feedback: Option<Feedback>,
}

pub(in crate::simulator::aws) struct Texts {
    records: Mutex<VecDeque<Record>>,
    changed: watch::Sender<()>,
}

impl Texts {
    pub fn new() -> Self {
        Self { records: Mutex::default(), changed: watch::Sender::new(()) }
    }

    pub(super) fn add(&self, id: &str, to: &str, enabled: bool) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() == CAPACITY {
            records.pop_front();
        }
        let (id, to) = (id.to_owned(), to.to_owned());
        records.push_back(Record { id, to, enabled, feedback: None });
    }

    /// What was told of each message to this number, oldest first.
    pub fn feedback(&self, to: &str) -> Vec<Option<Feedback>> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().filter(|record| record.to == to).map(|record| record.feedback).collect()
    }

    /// Resolves with the first word on a message to this number.
    pub async fn wait_for_feedback(&self, to: &str) -> Feedback {
        let mut changes = self.changed.subscribe();
        loop {
            if let Some(feedback) = self.feedback(to).into_iter().flatten().next() {
                return feedback;
            }
            // It can't fail: the sending half lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    /// Where feedback was not asked for, no page says what happens; there is no record to change then.
    fn put(&self, id: &str, feedback: Feedback) -> Result<(), Fault> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let record = records.iter_mut().find(|record| record.id == id);
        let record = record.ok_or_else(|| missing("message", id))?;
        if !record.enabled {
            return Err(invalid("INVALID_REQUEST", "The message asks for no feedback."));
        }
        record.feedback = Some(feedback);
        drop(records);
        self.changed.send_replace(());
        Ok(())
    }
}

pub(super) fn put(cloud: &Cloud, body: &Map<String, Value>) -> Result<Value, Fault> {
    let members = members(body, &["MessageId", "MessageFeedbackStatus"])?;
    let id = Text { max: 64, ..NAME };
    let id = members.required("MessageId", id).map_err(Misfit::fault)?;
    let word = Text { min: 1, max: 16, fits: |word| matches!(word, "RECEIVED" | "FAILED") };
    let word = members.required("MessageFeedbackStatus", word).map_err(Misfit::fault)?;
    let feedback = if word == "RECEIVED" { Feedback::Received } else { Feedback::Failed };
    cloud.texts.put(id, feedback)?;
    Ok(json!({ "MessageId": id, "MessageFeedbackStatus": word }))
}
