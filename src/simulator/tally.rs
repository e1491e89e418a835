//! Counts that can be waited for.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

/// Past this many keys, new ones are no longer counted: a long bench must not eat the machine.
const MOST_KEYS: usize = 1_000_000;

pub(crate) struct Tally<K> {
    counts: Mutex<HashMap<K, usize>>,
    changed: watch::Sender<()>,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { counts: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl<K: Eq + Hash> Tally<K> {
    pub fn record(&self, key: K) {
        self.raise(key);
        self.changed.send_replace(());
    }

    pub fn count(&self, key: &K) -> usize {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(key).copied().unwrap_or_default()
    }

    pub async fn wait_for(&self, key: &K, n: usize) {
        let mut changes = self.changed.subscribe();
        // It can't fail: the sending half lives as long as `self`.
        while self.count(key) < n && changes.changed().await.is_ok() {}
    }

    fn raise(&self, key: K) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < MOST_KEYS || counts.contains_key(&key) {
            *counts.entry(key).or_default() += 1;
        }
    }
}
