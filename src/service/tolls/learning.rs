//! What becomes known of a place, written down: while one outcome is being written, those that come
//! meanwhile gather and are written together. So a busy country costs a write at a time, and no more.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::super::Service;
use crate::{
    insight::metrics,
    otp::{
        RecipientKey,
        toll::evidence::{KEPT_FOR, Matured},
    },
    store::{Commit, Committed, StoreError, record},
};

/// Tries against other replicas. It is evidence: a little less of it does no harm.
const TRIES: usize = 8;

/// What has gathered for places that somebody is writing of.
#[derive(Default)]
pub struct Learning(Mutex<HashMap<RecipientKey, Matured>>);

impl Learning {
    /// Adds to what has gathered. True if nobody is writing of the place: then it is for who asks.
    fn gather(&self, place: RecipientKey, matured: Matured) -> bool {
        let mut gathered = self.lock();
        let nobody_writes = !gathered.contains_key(&place);
        gathered.entry(place).or_default().add(matured);
        nobody_writes
    }

    /// What has gathered, to be written; once nothing has, nobody is writing any more.
    fn take(&self, place: &RecipientKey) -> Option<Matured> {
        let mut gathered = self.lock();
        let taken = gathered.get_mut(place).map(mem::take);
        let taken = taken.filter(|it| *it != Matured::default());
        if taken.is_none() {
            gathered.remove(place);
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RecipientKey, Matured>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    pub(super) async fn learn(&self, place: RecipientKey, matured: Matured) {
        if !self.learning.gather(place, matured) {
            return;
        }
        while let Some(gathered) = self.learning.take(&place) {
            match self.write(place, gathered).await {
                Ok(true) => {}
                Ok(false) => metrics::evidence_lost(gathered.challenges),
                Err(error) => {
                    tracing::warn!(%error, "what became of text messages could not be written down");
                    metrics::evidence_lost(gathered.challenges);
                }
            }
        }
    }

    async fn write(&self, place: RecipientKey, matured: Matured) -> Result<bool, StoreError> {
        let store = &self.parts.store;
        for _ in 0..TRIES {
            let loaded = store.load(&place).await?;
            let known = loaded.blob.as_deref().map(record::evidence::decode).transpose()?;
            let mut known = known.unwrap_or_default();
            known.learn(matured, &self.parts.tolls.breaker, loaded.now);
            let commit = Commit {
                key: place,
                expected: loaded.version,
                blob: record::evidence::encode(&known),
                ttl: KEPT_FOR,
                alarm: None,
                counters: Vec::new(),
                events: Vec::new(),
                replicated: false,
            };
            if store.commit(&commit).await? == Committed::Done {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: RecipientKey = RecipientKey([1; 16]);

    #[test]
    fn what_comes_while_one_writes_is_written_together() {
        let (learning, one) =
            (Learning::default(), Matured { challenges: 1, ..Matured::default() });
        assert!(learning.gather(PLACE, one), "the first writes");
        assert_eq!(learning.take(&PLACE), Some(one));
        assert!(!learning.gather(PLACE, one) && !learning.gather(PLACE, one));
        assert_eq!(learning.take(&PLACE).unwrap().challenges, 2);
        assert_eq!(learning.take(&PLACE), None);
        assert!(learning.gather(PLACE, one), "and the next writes again");
    }
}
