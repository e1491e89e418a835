//! Who sees all that is ever committed: the store itself, behind every replica's line to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use pombo::{
    otp::{ChallengeId, DeliveryRef, MessageTag, Recipient, RecipientKey, State},
    store::{Charge, Charged, Commit, Committed, Due, Loaded, Store, StoreError, record},
};

use super::town::Town;

/// The store, watched.
pub struct Witness {
    store: Arc<dyn Store>,
    town: Weak<Town>,
    seen: Mutex<Seen>,
}

/// All that was ever committed.
#[derive(Default)]
pub struct Seen {
    /// How many commits there were.
    pub commits: u64,
    /// Every record, as it stands.
    pub records: BTreeMap<RecipientKey, Recipient>,
    /// Every challenge that there ever was, and how it ended: state, and by which commit.
    pub challenges: BTreeMap<ChallengeId, Option<(State, u64)>>,
    /// All that was committed, in one number.
    pub fingerprint: u64,
    /// What the counters must show.
    pub counters: BTreeMap<String, i64>,
}

/// A commit that was made.
pub struct Written {
    pub key: RecipientKey,
    pub before: Recipient,
    pub after: Recipient,
}

impl Witness {
    pub fn new(store: Arc<dyn Store>, town: Weak<Town>) -> Arc<Self> {
        Arc::new(Self { store, town, seen: Mutex::default() })
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record as it is found now, and how many commits came before.
    pub async fn load(&self, key: RecipientKey) -> Result<(Loaded, u64), StoreError> {
        let loaded = self.store.load(&key).await?;
        Ok((loaded, self.seen().commits))
    }

    pub async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let committed = self.store.commit(commit).await?;
        if let (Committed::Done, Some(town)) = (committed, self.town.upgrade()) {
            let now = town.memory.load(&commit.key).await?;
            let after = record::decode(&now.blob.unwrap_or_default())?;
            let before = self.seen().note(commit, &after);
            town.judge_commit(&Written { key: commit.key, before, after });
        }
        Ok(committed)
    }

    pub async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        self.store.claim(lease, most).await
    }

    pub async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        self.store.charge(charge).await
    }

    pub async fn remember(
        &self,
        message: MessageTag,
        delivery: DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        self.store.remember(&message, &delivery, ttl).await
    }

    pub async fn find(&self, message: MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        self.store.find(&message).await
    }
}

impl Seen {
    /// Takes in a commit; gives the record before it.
    fn note(&mut self, commit: &Commit, after: &Recipient) -> Recipient {
        self.commits += 1;
        for byte in &commit.blob {
            self.fingerprint = (self.fingerprint ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        for challenge in &after.challenges {
            let ended = self.challenges.entry(challenge.id).or_default();
            let by = self.commits;
            *ended = ended.or(challenge.conclusion.map(|it| (it.state, by)));
        }
        for (name, amount) in &commit.counters {
            *self.counters.entry(name.clone()).or_default() += amount;
        }
        self.records.insert(commit.key, after.clone()).unwrap_or_default()
    }
}
