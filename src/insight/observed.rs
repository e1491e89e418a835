//! A store whose operations are timed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::metrics;
use crate::{
    otp::{DeliveryRef, MessageTag, RecipientKey},
    store::{
        Charge, Charged, Commit, Committed, Due, EventId, Followed, Loaded, Reader, Store,
        StoreError,
    },
};

/// Any store, observed.
pub struct Observed(Arc<dyn Store>);

impl Observed {
    /// Observes a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

async fn timed<T>(operation: &'static str, work: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let done = work.await;
    metrics::stored(operation, start.elapsed());
    done
}

#[async_trait]
impl Store for Observed {
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        timed("load", self.0.load(key)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        timed("commit", self.0.commit(commit)).await
    }

    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        timed("claim", self.0.claim(lease, most)).await
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        timed("charge", self.0.charge(charge)).await
    }

    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        timed("remember", self.0.remember(message, delivery, ttl)).await
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        timed("find", self.0.find(message)).await
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        timed("counter", self.0.counter(name)).await
    }

    fn partitions(&self) -> u32 {
        self.0.partitions()
    }

    fn partition_of(&self, key: &RecipientKey) -> u32 {
        self.0.partition_of(key)
    }

    async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError> {
        timed("follow", self.0.follow(reader, lease, most)).await
    }

    async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        timed("pass", self.0.pass(reader, event, lease)).await
    }

    fn waits_for_replicas(&self) -> bool {
        self.0.waits_for_replicas()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        timed("ping", self.0.ping()).await
    }
}
