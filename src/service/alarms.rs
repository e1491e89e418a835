//! Time as a driver. Two sources wake the same step: local timers for the alarms that this replica
//! set (hints, punctual) and a scan of the schedules (truth, whoever set the alarm).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep, sleep_until},
};

use super::{Fault, Service, commit::With};
use crate::{
    insight,
    otp::{Event, RecipientKey, Time},
    store::{Due, StoreError},
};

/// How often the schedules are scanned.
const SCAN: Duration = Duration::from_secs(2);

/// How long a claimed alarm is left alone by others. It only saves work: a wake that takes longer is
/// decided by its commit, like any other.
const LEASE: Duration = Duration::from_secs(5);

/// Alarms claimed at once.
const BATCH: usize = 512;

/// Wakes under way at once.
const AT_ONCE: usize = 64;

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

/// Local timers: at most one for each record, the earliest.
#[derive(Default)]
pub struct Timers {
    pending: Mutex<Pending>,
    sooner: Notify,
}

#[derive(Default)]
struct Pending {
    by_time: std::collections::BTreeSet<(Instant, RecipientKey)>,
    by_key: HashMap<RecipientKey, Instant>,
}

impl Timers {
    /// No timer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a record's timer, instead of the one it had.
    pub fn set(&self, key: RecipientKey, at: Instant) {
        let mut pending = self.lock();
        if let Some(old) = pending.by_key.remove(&key) {
            pending.by_time.remove(&(old, key));
        }
        if pending.by_key.len() < TIMERS {
            pending.by_key.insert(key, at);
            pending.by_time.insert((at, key));
        }
        if pending.by_time.first().is_some_and(|first| *first == (at, key)) {
            self.sooner.notify_one();
        }
    }

    /// The next record whose time has come, and since when.
    async fn next(&self) -> (RecipientKey, Instant) {
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
                    () = sleep_until(at) => {}
                    () = self.sooner.notified() => {}
                },
                None => self.sooner.notified().await,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// The worker's single step on one record: whatever is due in it happens.
    pub async fn wake(self: &Arc<Self>, key: RecipientKey) -> Result<(), Fault> {
        self.apply(key, Event::Alarm, With::default()).await.map(drop)
    }

    /// One scan of the schedules: claims what is due and wakes it. Says how much was due.
    pub async fn scan(self: &Arc<Self>) -> Result<usize, StoreError> {
        let due = self.parts.store.claim(LEASE, BATCH).await?;
        let count = due.len();
        let places = Arc::new(Semaphore::new(AT_ONCE));
        for Due { key, at, now } in due {
            insight::metrics::alarm_lag(now.since(at));
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                break;
            };
            let service = Arc::clone(self);
            self.tasks.spawn(async move {
                service.wake_and_log(key).await;
                drop(place);
            });
        }
        // A batch is through before the next is claimed, so that work never piles up.
        let _all = places.acquire_many(AT_ONCE as u32).await;
        Ok(count)
    }

    /// Looks after alarms for as long as it is polled.
    pub async fn run(self: &Arc<Self>) {
        tokio::join!(self.scan_for_ever(), self.wake_for_ever());
    }

    async fn scan_for_ever(self: &Arc<Self>) {
        loop {
            match self.scan().await {
                Ok(BATCH..) => {}
                Ok(_) => sleep(SCAN).await,
                Err(error) => {
                    tracing::warn!(%error, "alarms can't be looked after; trying again");
                    sleep(SCAN).await;
                }
            }
        }
    }

    async fn wake_for_ever(self: &Arc<Self>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let (key, at) = self.timers.next().await;
            insight::metrics::alarm_lag(at.elapsed());
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let service = Arc::clone(self);
            self.tasks.spawn(async move {
                service.wake_and_log(key).await;
                drop(place);
            });
        }
    }

    async fn wake_and_log(self: &Arc<Self>, key: RecipientKey) {
        if let Err(error) = self.wake(key).await {
            tracing::warn!(%error, "an alarm could not be looked at; it comes again");
        }
    }
}
