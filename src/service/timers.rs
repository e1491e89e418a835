//! Local timers: when this replica looks at the alarms that it set itself. Hints, for the sake of
//! punctuality: whatever is lost here the scan finds.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::otp::{RecipientKey, Time};

/// Local timers held. Beyond it the scan, which is the truth anyway, has to do.
const TIMERS: usize = 200_000;

/// What the store's clock showed between two moments of our own.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The store's time.
    pub now: Time,
    /// Before the store was asked.
    pub asked: Instant,
    /// After it had answered.
    pub answered: Instant,
}

impl Moment {
    /// A moment of our own clock at which the store's surely doesn't show `time` yet.
    pub fn before(self, time: Time) -> Instant {
        self.asked + time.since(self.now)
    }

    /// A moment of our own clock at which the store's surely shows `time`.
    pub fn after(self, time: Time) -> Instant {
        self.answered + time.since(self.now)
    }
}

/// Local timers: at most one for each record.
#[derive(Default)]
pub struct Timers {
    pending: Mutex<Pending>,
    sooner: Notify,
}

#[derive(Default)]
struct Pending {
    by_time: BTreeSet<(Instant, RecipientKey)>,
    by_key: HashMap<RecipientKey, Instant>,
}

impl Timers {
    /// Sets a record's timer, or none, instead of the one it had.
    pub fn set(&self, key: RecipientKey, at: Option<Instant>) {
        let mut pending = self.lock();
        if let Some(old) = pending.by_key.remove(&key) {
            pending.by_time.remove(&(old, key));
        }
        let Some(at) = at.filter(|_| pending.by_key.len() < TIMERS) else { return };
        pending.by_key.insert(key, at);
        pending.by_time.insert((at, key));
        if pending.by_time.first() == Some(&(at, key)) {
            self.sooner.notify_one();
        }
    }

    /// The next record whose time has come, and since when.
    pub async fn next(&self) -> (RecipientKey, Instant) {
        loop {
            let first = self.lock().by_time.first().copied();
            match first {
                Some((at, key)) if at <= Instant::now() => {
                    let mut pending = self.lock();
                    pending.by_time.remove(&(at, key));
                    if pending.by_key.get(&key) == Some(&at) {
                        pending.by_key.remove(&key);
                    }
                    return (key, at);
                }
                Some((at, _)) => tokio::select! {
                    biased;
                    () = sleep_until(at) => {}
                    () = self.sooner.notified() => {}
                },
                None => self.sooner.notified().await,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const KEYS: [RecipientKey; 3] =
        [RecipientKey([1; 16]), RecipientKey([2; 16]), RecipientKey([3; 16])];

    #[tokio::test(start_paused = true)]
    async fn a_record_has_one_timer_and_none_once_nothing_is_live() {
        let (timers, start) = (Timers::default(), Instant::now());
        let after = |seconds| Some(start + Duration::from_secs(seconds));
        timers.set(KEYS[0], after(1));
        timers.set(KEYS[1], after(2));
        timers.set(KEYS[2], after(3));
        timers.set(KEYS[0], after(5));
        timers.set(KEYS[1], None);
        assert_eq!(timers.next().await.0, KEYS[2]);
        assert_eq!(timers.next().await.0, KEYS[0]);
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert!(timers.lock().by_key.is_empty() && timers.lock().by_time.is_empty());
    }
}
