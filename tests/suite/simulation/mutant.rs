//! A store that spoils one thing: what a service would do that broke one promise. Each must be
//! noticed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use pombo::{
    otp::{DeliveryRef, MessageTag, Recipient, RecipientKey},
    store::{
        Charge, Charged, Commit, Committed, Due, EventId, Followed, Loaded, Reader, Store,
        StoreError, memory::MemoryStore, record,
    },
};

use super::{
    rules::is_home,
    spoilt::{digests, forget_guess, forget_taken, keep_back_digest, move_back, verified},
};

/// What is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    GuessNotCounted,
    VerifiedTwice,
    AlarmDropped,
    LookLeftOut,
    StatusMovedBack,
    LedgerCleared,
    DigestStoredLate,
    GivenBackForOthers,
    NothingGivenBack,
    TakenForgotten,
}

pub struct Mutant {
    pub how: Mutation,
    store: MemoryStore,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    commits: u64,
    /// Records in which a message has just been queued, and with which version they are shown.
    unseen: BTreeMap<RecipientKey, Loaded>,
    /// Commits as they should have been, and how many looks they are still kept back.
    late: BTreeMap<RecipientKey, (Commit, u32)>,
}

impl Mutant {
    pub fn new(how: Mutation, store: MemoryStore) -> Self {
        Self { how, store, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The look that comes next is none: who wrote is shown its own copy, and has seen no more than
    /// the version of before.
    fn leave_look_out(&self, commit: &Commit, before: Loaded) {
        let copy = Loaded { blob: Some(commit.blob.clone()), ..before };
        self.held().unseen.insert(commit.key, copy);
    }

    fn spoil(&self, old: &Recipient, commit: &mut Commit) {
        let mut new = record::decode(&commit.blob).unwrap();
        match self.how {
            Mutation::GuessNotCounted => forget_guess(old, &mut new),
            Mutation::VerifiedTwice if verified(&new) > verified(old) => {
                new = Recipient { changed_at: new.changed_at, ..old.clone() };
                let mut alarms = self.store.alarms().into_iter();
                commit.alarm = alarms.find(|(_, key)| *key == commit.key).map(|(at, _)| at);
            }
            Mutation::AlarmDropped => {
                self.held().commits += 1;
                commit.alarm = commit.alarm.filter(|_| !self.held().commits.is_multiple_of(20));
            }
            Mutation::TakenForgotten => forget_taken(&mut new),
            Mutation::StatusMovedBack => move_back(old, &mut new),
            Mutation::LedgerCleared if new.challenges.len() > old.challenges.len() => {
                new.flows.iter_mut().for_each(|flow| flow.ledger = Default::default());
            }
            Mutation::DigestStoredLate if keep_back_digest(old, &mut new) => {
                let expected = commit.expected + 1;
                let late = Commit { expected, counters: vec![], events: vec![], ..commit.clone() };
                self.held().late.insert(commit.key, (late, 1));
            }
            _ => {}
        }
        commit.blob = record::encode(&new);
    }
}

#[async_trait]
impl Store for Mutant {
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        let loaded = self.store.load(key).await?;
        let late = self.held().late.remove(key);
        match late {
            Some((commit, 0)) => drop(self.store.commit(&commit).await?),
            Some((commit, looks)) => drop(self.held().late.insert(*key, (commit, looks - 1))),
            None => {}
        }
        let unseen = self.held().unseen.remove(key);
        Ok(unseen.map_or(loaded.clone(), |copy| Loaded { now: loaded.now, ..copy }))
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        // What is known of a place is no recipient's record.
        if !is_home(&commit.key) {
            return self.store.commit(commit).await;
        }
        let loaded = self.store.load(&commit.key).await?;
        let blob = loaded.blob.as_deref();
        let old = blob.map(record::decode).transpose()?.unwrap_or_default();
        let mut spoilt = commit.clone();
        self.spoil(&old, &mut spoilt);
        let committed = self.store.commit(&spoilt).await?;
        let queues = digests(&record::decode(&commit.blob)?) > digests(&old);
        if self.how == Mutation::LookLeftOut && committed == Committed::Done && queues {
            self.leave_look_out(commit, loaded);
        }
        Ok(committed)
    }

    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        self.store.claim(lease, most).await
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        match self.how {
            Mutation::NothingGivenBack if charge.cost < 0 => Ok(Charged::Allowed),
            Mutation::GivenBackForOthers if charge.cost < 0 => {
                self.store.charge(&Charge { holder: None, ..charge.clone() }).await
            }
            _ => self.store.charge(charge).await,
        }
    }

    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        self.store.remember(message, delivery, ttl).await
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        self.store.find(message).await
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        self.store.counter(name).await
    }

    fn partitions(&self) -> u32 {
        self.store.partitions()
    }

    fn partition_of(&self, key: &RecipientKey) -> u32 {
        self.store.partition_of(key)
    }

    async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError> {
        self.store.follow(reader, lease, most).await
    }

    async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.store.pass(reader, event, lease).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }
}
