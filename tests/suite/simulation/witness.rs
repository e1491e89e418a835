//! Who sees all that is ever committed: the store itself, behind every replica's line to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use pombo::{
    otp::{
        Challenge, ChallengeId, DeliveryRef, Digest, MessageTag, Recipient, RecipientKey, State,
    },
    store::{Charge, Charged, Commit, Committed, Due, Loaded, Store, StoreError, record},
};

use super::{rules::is_home, town::Town};

/// The store, watched.
pub struct Witness {
    store: Arc<dyn Store>,
    town: Weak<Town>,
    seen: Mutex<Seen>,
}

/// All that was ever committed.
#[derive(Default)]
pub struct Seen {
    /// Every record, as it stands.
    pub records: BTreeMap<RecipientKey, Recipient>,
    /// Every challenge that there ever was, and how it ended: state, and in which version of its
    /// record.
    pub challenges: BTreeMap<ChallengeId, Option<(State, u64)>>,
    /// In which versions its wrong guesses were counted.
    pub counted: BTreeMap<ChallengeId, Vec<u64>>,
    /// In which version a message was queued: challenge, number, and its code's digest, as one that
    /// is taken over is queued once more.
    pub queued: BTreeMap<(ChallengeId, u32, [u8; 32]), u64>,
    /// Up to which version replicas have a record for certain.
    pub acknowledged: BTreeMap<RecipientKey, u64>,
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

    pub async fn load(&self, key: RecipientKey) -> Result<Loaded, StoreError> {
        self.store.load(&key).await
    }

    pub async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let committed = self.store.commit(commit).await?;
        if let (Committed::Done, Some(town)) = (committed, self.town.upgrade()) {
            self.seen().count(commit);
            if is_home(&commit.key) {
                let now = town.memory.load(&commit.key).await?;
                let after = record::decode(now.blob.as_deref().unwrap_or_default())?;
                let before = self.seen().note(commit, &after, now.version);
                town.judge_commit(&Written { key: commit.key, before, after });
            }
        }
        Ok(committed)
    }

    pub async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        self.store.claim(lease, most).await
    }

    pub async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        let Some(town) = self.town.upgrade() else { return self.store.charge(charge).await };
        let stood = town.stands(charge);
        let charged = self.store.charge(charge).await?;
        town.note_charge(charge, stood);
        Ok(charged)
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
    /// Takes in a commit of whatever record.
    fn count(&mut self, commit: &Commit) {
        for byte in &commit.blob {
            self.fingerprint = (self.fingerprint ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        for (name, amount) in &commit.counters {
            *self.counters.entry(name.clone()).or_default() += amount;
        }
    }

    /// Takes in a commit of a person's record; gives that before it.
    fn note(&mut self, commit: &Commit, after: &Recipient, version: u64) -> Recipient {
        after.challenges.iter().for_each(|challenge| self.note_challenge(challenge, version));
        if version == 1 {
            // One of before is forgotten.
            self.acknowledged.remove(&commit.key);
        }
        self.records.insert(commit.key, after.clone()).unwrap_or_default()
    }

    /// Whether another message of its delivery was queued before it.
    pub fn is_again(&self, challenge: &ChallengeId, number: u32, digest: &Digest) -> bool {
        let by = |digest| self.queued.get(&(*challenge, number, digest)).copied();
        let all = (*challenge, number, [0; 32])..=(*challenge, number, [255; 32]);
        self.queued.range(all).any(|(_, other)| Some(*other) < by(digest.0))
    }

    fn note_challenge(&mut self, challenge: &Challenge, version: u64) {
        let ended = self.challenges.entry(challenge.id).or_default();
        *ended = ended.or(challenge.conclusion.map(|it| (it.state, version)));
        let counted = self.counted.entry(challenge.id).or_default();
        counted.resize(counted.len().max(challenge.attempts_used as usize), version);
        for delivery in &challenge.deliveries {
            for digest in &delivery.digests {
                let message = (challenge.id, delivery.number, digest.0);
                self.queued.entry(message).or_insert(version);
            }
        }
    }

    /// Replicas have what was committed.
    pub fn acknowledge(&mut self, commit: &Commit) {
        let version = self.acknowledged.entry(commit.key).or_default();
        *version = (*version).max(commit.expected + 1);
    }
}
