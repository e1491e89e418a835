//! Who waits for news of a challenge on this replica, and how many streams a caller holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::seats::{Seat, Seats};
use crate::otp::ChallengeId;

/// Streams over all, and of one caller.
const STREAMS: usize = 8192;
const STREAMS_PER_CALLER: usize = 1024;

/// Everybody who waits.
pub struct Watchers {
    by_challenge: ByChallenge,
    seats: Seats<String>,
}

/// One who waits. Leaves when dropped.
pub struct Watcher {
    challenge: ChallengeId,
    news: Arc<Notify>,
    by_challenge: ByChallenge,
    _seat: Seat<String>,
}

/// What each challenge's watchers are told by, and how many they are.
type ByChallenge = Arc<Mutex<HashMap<ChallengeId, (Arc<Notify>, usize)>>>;

impl Default for Watchers {
    fn default() -> Self {
        let seats = Seats::new(STREAMS, STREAMS_PER_CALLER);
        Self { by_challenge: ByChallenge::default(), seats }
    }
}

impl Watchers {
    /// Begins to wait; `None` if there are as many streams, or as many of this caller, as there may
    /// be.
    pub fn join(&self, caller: &str, challenge: ChallengeId) -> Option<Watcher> {
        let seat = self.seats.take(caller.to_owned())?;
        let mut by_challenge = lock(&self.by_challenge);
        let (news, watching) = by_challenge.entry(challenge).or_default();
        *watching += 1;
        let (news, by_challenge) = (Arc::clone(news), Arc::clone(&self.by_challenge));
        Some(Watcher { challenge, news, by_challenge, _seat: seat })
    }

    /// Tells those who wait for this challenge.
    pub fn tell(&self, challenge: &ChallengeId) {
        if let Some((news, _)) = lock(&self.by_challenge).get(challenge) {
            news.notify_waiters();
        }
    }
}

impl Watcher {
    /// The next news from now on.
    pub fn news(&self) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.news).notified_owned()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut by_challenge = lock(&self.by_challenge);
        if let Some((_, watching)) = by_challenge.get_mut(&self.challenge) {
            *watching -= 1;
            if *watching == 0 {
                by_challenge.remove(&self.challenge);
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
