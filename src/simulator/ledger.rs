//! How many sends came for each number and channel, so that a test can say "and no second one".

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use super::inbox::Channel;

/// Past this many numbers, new ones are no longer counted: a long bench must not eat the machine.
const MOST_NUMBERS: usize = 1_000_000;

pub(crate) struct Ledger {
    counts: Mutex<HashMap<(String, Channel), usize>>,
    changed: watch::Sender<()>,
}

impl Ledger {
    pub fn new() -> Self {
        Self { counts: Mutex::default(), changed: watch::Sender::new(()) }
    }

    pub fn record(&self, to: &str, channel: Channel) {
        self.raise(to, channel);
        self.changed.send_replace(());
    }

    pub fn count(&self, to: &str, channel: Channel) -> usize {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(&(to.to_owned(), channel)).copied().unwrap_or_default()
    }

    pub async fn wait_for(&self, to: &str, channel: Channel, n: usize) {
        let mut changes = self.changed.subscribe();
        // It can't fail: the sending half lives as long as `self`.
        while self.count(to, channel) < n && changes.changed().await.is_ok() {}
    }

    fn raise(&self, to: &str, channel: Channel) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (to.to_owned(), channel);
        if counts.len() < MOST_NUMBERS || counts.contains_key(&key) {
            *counts.entry(key).or_default() += 1;
        }
    }
}
