//! Time as a driver. Two sources wake the same step: local timers for the alarms that this replica
//! set (hints, punctual) and a scan of the schedules (truth, whoever set the alarm).

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{sync::Semaphore, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Fault, Service, supplier::With};
use crate::{
    insight,
    otp::{Event, RecipientKey},
    store::{Due, StoreError},
};

/// How often the schedules are scanned. Who finds an alarm may die over it and lets its lease run out:
/// even then a challenge ends no later than a lease and two scans after its time.
const SCAN: Duration = Duration::from_secs(1);

/// How long a claimed alarm is left alone by others. It only saves work: a wake that takes longer is
/// decided by its commit, like any other.
const LEASE: Duration = Duration::from_secs(5);

/// How long a replica leaves the schedules to others once it has claimed an alarm that only they can
/// look at: until its lease is over, and a scan of theirs.
const LEAST_ABSENCE: Duration = Duration::from_secs(7);

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

    /// Looks after alarms until told to stop, and to the end after those that it has claimed by then:
    /// no other replica would until their lease is over.
    pub async fn run(self: &Arc<Self>, stop: CancellationToken) {
        tokio::join!(self.scan_until(&stop), self.wake_until(&stop));
    }

    async fn scan_until(self: &Arc<Self>, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let rest = match self.scan().await {
                // Else it might be the first at the same alarm again and again.
                Ok(_) if self.lacks_a_key.swap(false, Ordering::Relaxed) => LEAST_ABSENCE,
                Ok(BATCH..) => continue,
                Ok(_) => SCAN,
                Err(error) => {
                    tracing::warn!(%error, "alarms can't be looked after; trying again");
                    SCAN
                }
            };
            stop.run_until_cancelled(sleep(rest)).await;
        }
    }

    async fn wake_until(self: &Arc<Self>, stop: &CancellationToken) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        while let Some((key, at)) = stop.run_until_cancelled(self.timers.next()).await {
            insight::metrics::alarm_lag(at.elapsed());
            self.wake_at_a_place(key, &places).await;
        }
        let _all = places.acquire_many(AT_ONCE as u32).await;
    }

    /// Wakes as a task of its own, as soon as one of the places is free.
    async fn wake_at_a_place(self: &Arc<Self>, key: RecipientKey, places: &Arc<Semaphore>) {
        // Fails only once the places are closed, which nobody does.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        let service = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(fault) = service.wake(key).await {
                service.lacks_a_key.fetch_or(matches!(fault, Fault::Key(_)), Ordering::Relaxed);
                fault.log("an alarm could not be looked at; it comes again");
            }
            drop(place);
        });
    }
}
