//! What becomes known of a place, written down: while one outcome is being written, those that come
//! meanwhile gather and are written together. So a busy country costs a write at a time, and no more.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::RngExt;
use tokio::time::sleep;

use super::super::Service;
use crate::{
    insight::{RefusedCalls, metrics},
    otp::{
        RecipientKey,
        toll::evidence::{KEPT_FOR, Matured},
    },
    store::{Commit, Committed, StoreError, record},
};

/// Goes in a row that fail before what was to be written is given up: some three seconds of them, and ten
/// where the store hangs.
const GOES: u32 = 10;

/// The first pause is at most so long, each that follows at most twice as long,
const PAUSE: Duration = Duration::from_millis(10);

/// and none longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a writer rests that has told of refused calls: whoever floods us with them gathers, and is told
/// of in a few events.
const BETWEEN: Duration = Duration::from_secs(2);

/// What has gathered for places that somebody is writing of.
#[derive(Default)]
pub struct Learning(Mutex<HashMap<RecipientKey, News>>);

/// What is to be written of a place.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    /// What became of challenges.
    pub(super) matured: Matured,
    /// Calls that were refused, for the event record.
    pub(super) refused: RefusedCalls,
}

impl News {
    fn add(&mut self, other: Self) {
        self.matured.add(other.matured);
        self.refused.add(other.refused);
    }

    fn lose(&self) {
        metrics::evidence_lost(self.matured.challenges.saturating_add(self.refused.count()));
    }
}

/// Who writes of a place, and what. Nobody else does until it is dropped.
struct Writer<'a> {
    learning: &'a Learning,
    place: RecipientKey,
    in_hand: News,
    is_done: bool,
}

impl Learning {
    /// Adds to what has gathered. If nobody is writing of the place, it is for who asks.
    fn gather(&self, place: RecipientKey, news: News) -> Option<Writer<'_>> {
        let mut gathered = self.lock();
        let nobody_writes = !gathered.contains_key(&place);
        gathered.entry(place).or_default().add(news);
        let writer = || Writer { learning: self, place, in_hand: News::default(), is_done: false };
        nobody_writes.then(writer)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RecipientKey, News>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer<'_> {
    /// Takes what has gathered in hand, beside what is there still. False once nothing is: then nobody
    /// is writing any more.
    fn take(&mut self) -> bool {
        let mut gathered = self.learning.lock();
        self.in_hand.add(gathered.get_mut(&self.place).map(mem::take).unwrap_or_default());
        self.is_done = self.in_hand == News::default();
        if self.is_done {
            gathered.remove(&self.place);
        }
        !self.is_done
    }

    /// What is in hand was written, or is lost.
    fn let_go(&mut self) -> News {
        mem::take(&mut self.in_hand)
    }
}

impl Drop for Writer<'_> {
    /// Whatever broke it off, the place is free for the next, and what is lost is counted.
    fn drop(&mut self) {
        if !self.is_done {
            let mut lost = self.let_go();
            lost.add(self.learning.lock().remove(&self.place).unwrap_or_default());
            lost.lose();
        }
    }
}

impl Service {
    pub(super) async fn learn(&self, place: RecipientKey, news: News) {
        let Some(mut writer) = self.learning.gather(place, news) else { return };
        let mut failed = 0;
        while failed < GOES && writer.take() {
            match self.write(place, &writer.in_hand).await {
                Ok(true) => {
                    failed = 0;
                    if writer.let_go().refused.count() > 0 {
                        sleep(BETWEEN).await;
                    }
                }
                Ok(false) => {
                    self.pause(failed).await;
                    failed += 1;
                }
                // It may have been written all the same, and twice would make a budget larger than it is.
                Err(error) => {
                    tracing::warn!(%error, "what became of text messages may not be written down");
                    writer.let_go().lose();
                }
            }
        }
    }

    /// One go. False if nothing was written: the record could not be read, or somebody else wrote
    /// meanwhile.
    async fn write(&self, place: RecipientKey, news: &News) -> Result<bool, StoreError> {
        let (mut known, loaded) = match self.evidence(&place).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "what is known of a destination could not be read");
                return Ok(false);
            }
        };
        known.learn(&news.matured, &self.parts.tolls.breaker, loaded.now);
        let commit = Commit {
            key: place,
            expected: loaded.version,
            blob: record::evidence::encode(&known),
            ttl: KEPT_FOR,
            alarm: None,
            counters: Vec::new(),
            events: news.refused.events(loaded.now),
            replicated: false,
        };
        Ok(self.parts.store.commit(&commit).await? == Committed::Done)
    }

    /// By chance, so that replicas that met do not meet again.
    async fn pause(&self, failed: u32) {
        let most = (PAUSE * 2_u32.pow(failed)).min(LONGEST_PAUSE);
        sleep(self.parts.entropy.clone().random_range(Duration::ZERO..most)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: RecipientKey = RecipientKey([1; 16]);

    fn one() -> News {
        let matured = Matured { challenges: 1, ..Matured::default() };
        News { matured, ..News::default() }
    }

    #[test]
    fn what_comes_while_one_writes_is_written_together() {
        let learning = Learning::default();
        let mut writer = learning.gather(PLACE, one()).expect("the first writes");
        assert!(writer.take());
        assert_eq!(writer.let_go(), one());
        assert!(learning.gather(PLACE, one()).is_none() && learning.gather(PLACE, one()).is_none());
        assert!(writer.take());
        assert_eq!(writer.let_go().matured.challenges, 2);
        assert!(!writer.take());
        let next = learning.gather(PLACE, one());
        drop(writer);
        assert!(next.is_some(), "and the next writes again");
        assert!(learning.gather(PLACE, one()).is_none(), "whom the first leaves alone");
    }

    #[test]
    fn what_could_not_be_written_is_written_with_what_came_meanwhile() {
        let learning = Learning::default();
        let mut writer = learning.gather(PLACE, one()).unwrap();
        assert!(writer.take());
        assert!(learning.gather(PLACE, one()).is_none());
        assert!(writer.take());
        assert_eq!(writer.let_go().matured.challenges, 2);
    }

    #[test]
    fn a_writer_that_breaks_off_leaves_the_place_to_the_next() {
        let learning = Learning::default();
        let mut writer = learning.gather(PLACE, one()).unwrap();
        assert!(writer.take());
        drop(writer);
        let mut next = learning.gather(PLACE, one()).expect("the next writes");
        assert!(next.take());
        assert_eq!(next.let_go(), one());
    }
}
