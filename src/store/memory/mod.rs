//! The store within the process: for `pombo dev`, for tests, and for a single replica that may
//! forget everything when it ends.

mod expiring;

mod limiter;

mod streams;

mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;

use super::{
    Charge, Charged, Commit, Committed, Due, EventId, Followed, Loaded, Reader, Store, StoreError,
    bounds::partition,
};
use crate::otp::{DeliveryRef, MessageTag, OperationId, RecipientKey, Time};
use state::State;

/// Where a store in memory gets the time from.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// A store in memory. Clones share what they hold.
#[derive(Clone)]
pub struct MemoryStore {
    // One lock for all: nothing is done under it but a few look-ups, and nothing is awaited.
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl Default for MemoryStore {
    /// An empty store that goes by the system's clock.
    fn default() -> Self {
        Self::with_clock(Arc::new(system_time))
    }
}

/// The real clock. Its moves backwards are evened out by the state.
// Without Redis, this process is the store and its clock the store's.
#[allow(clippy::disallowed_methods)]
fn system_time() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::default() + since_epoch
}

impl MemoryStore {
    /// An empty store that goes by this clock.
    pub fn with_clock(clock: Clock) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// How many things it holds besides counters.
    pub fn len(&self) -> usize {
        let (state, _) = self.state();
        state.len()
    }

    /// Whether it holds nothing, but for counters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its time.
    pub fn time(&self) -> Time {
        self.state().1
    }

    /// The schedule: which records somebody must look at, and when.
    pub fn alarms(&self) -> Vec<(Time, RecipientKey)> {
        let (state, _) = self.state();
        state.alarms()
    }

    /// What stands charged: each counter with the operation that it is charged for.
    pub fn charged(&self) -> Vec<([u8; 16], OperationId)> {
        let (state, now) = self.state();
        state.limiter.charged(now).collect()
    }

    /// The state and its time. A panic under the lock could only come from running out of memory,
    /// and would leave whole entries behind, so the lock is taken all the same.
    fn state(&self) -> (MutexGuard<'_, State>, Time) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.tick((self.clock)());
        (state, now)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        let (state, now) = self.state();
        Ok(state.load(key, now))
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let (mut state, now) = self.state();
        Ok(state.commit(commit, now))
    }

    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        let (mut state, now) = self.state();
        Ok(state.claim(lease, most, now))
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        let (mut state, now) = self.state();
        Ok(state.charge(charge, now))
    }

    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let (mut state, now) = self.state();
        state.remember(message, delivery, ttl, now);
        Ok(())
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        let (state, now) = self.state();
        Ok(state.find(message, now))
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        let (state, _) = self.state();
        Ok(state.counter(name))
    }

    fn partitions(&self) -> u32 {
        streams::PARTITIONS
    }

    fn partition_of(&self, key: &RecipientKey) -> u32 {
        partition(&key.0, streams::PARTITIONS)
    }

    async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError> {
        let (mut state, now) = self.state();
        Ok(state.events.follow(reader, lease, most, now))
    }

    async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let (mut state, now) = self.state();
        Ok(state.events.pass(reader, event, lease, now))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
