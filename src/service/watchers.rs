//! Who waits for news of a challenge on this replica, and how many streams a caller holds.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::otp::ChallengeId;

/// Streams that one caller may hold.
const STREAMS_PER_CALLER: usize = 1024;

/// Everybody who waits.
#[derive(Clone, Default)]
pub struct Watchers {
    by_challenge: Counted<ChallengeId>,
    by_caller: Counted<String>,
}

/// One who waits. Leaves when dropped.
pub struct Watcher {
    news: Arc<Notify>,
    _challenge: Seat<ChallengeId>,
    _caller: Seat<String>,
}

impl Watchers {
    /// Begins to wait; `None` if the caller holds as many streams as it may.
    pub fn join(&self, caller: &str, challenge: ChallengeId) -> Option<Watcher> {
        let (_caller, held) = self.by_caller.sit(caller.to_owned());
        if held.count > STREAMS_PER_CALLER {
            return None;
        }
        let (_challenge, held) = self.by_challenge.sit(challenge);
        Some(Watcher { news: held.news, _challenge, _caller })
    }

    /// Tells those who wait for this challenge.
    pub fn tell(&self, challenge: &ChallengeId) {
        if let Some(held) = self.by_challenge.lock().get(challenge) {
            held.news.notify_waiters();
        }
    }
}

impl Watcher {
    /// The next news from now on.
    pub fn news(&self) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.news).notified_owned()
    }
}

#[derive(Clone, Default)]
struct Held {
    count: usize,
    news: Arc<Notify>,
}

/// How many hold something.
struct Counted<K>(Arc<Mutex<HashMap<K, Held>>>);

impl<K> Clone for Counted<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Counted<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone> Counted<K> {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sit(&self, key: K) -> (Seat<K>, Held) {
        let mut map = self.lock();
        let held = map.entry(key.clone()).or_default();
        held.count += 1;
        (Seat { of: self.clone(), key }, held.clone())
    }
}

struct Seat<K: Eq + Hash + Clone> {
    of: Counted<K>,
    key: K,
}

impl<K: Eq + Hash + Clone> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut map = self.of.lock();
        if let Some(held) = map.get_mut(&self.key) {
            held.count -= 1;
            if held.count == 0 {
                map.remove(&self.key);
            }
        }
    }
}
