//! Time as a driver. Two sources wake the same step: local timers for the alarms that this replica
//! set (hints, punctual) and a scan of the schedules (truth, whoever set the alarm).

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::sleep};

use super::{Fault, Service, supplier::With};
use crate::{
    insight,
    otp::{Event, RecipientKey},
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
            self.wake_at_a_place(key, &places).await;
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
            self.wake_at_a_place(key, &places).await;
        }
    }

    /// Wakes as a task of its own, as soon as one of the places is free.
    async fn wake_at_a_place(self: &Arc<Self>, key: RecipientKey, places: &Arc<Semaphore>) {
        // Fails only once the places are closed, which nobody does.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        let service = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = service.wake(key).await {
                tracing::warn!(%error, "an alarm could not be looked at; it comes again");
            }
            drop(place);
        });
    }
}
