//! A replica's line to the store: slow, broken, or cut; what was asked may be done all the same.
//!
//! Every call is bounded in time, as the store promises, but for those of a replica that died.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pombo::{
    otp::{DeliveryRef, MessageTag, RecipientKey},
    store::{
        Charge, Charged, Commit, Committed, Due, EventId, Followed, Loaded, Reader, Store,
        StoreError,
    },
};
use tokio::time::sleep;

use super::{life::Life, town::Town, weather::Fault, witness::Witness};

/// After so long a call is given up.
const CALL: Duration = Duration::from_millis(800);

/// An answer may take so many milliseconds on a good day.
const LAG: u64 = 20;

pub struct Line {
    pub town: Arc<Town>,
    pub life: Arc<Life>,
}

impl Line {
    fn witness(&self) -> Arc<Witness> {
        Arc::clone(self.town.witness())
    }

    /// Carries a call there and its answer back, as far as they get.
    async fn carry<T: Send + 'static>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.life.lives_on(what, "before").await;
        let fault = self.town.fault(self.life.number, what);
        if let Some((fault, _)) = fault {
            self.town.tally.raise(format!("store {what} {fault:?}"));
        }
        // All is not well from its beginning to its end.
        let suffers = !matches!(fault, None | Some((Fault::Lag, _)));
        if suffers {
            self.town.unrest();
        }
        let answer = self.suffer(fault, call).await;
        if suffers {
            self.town.unrest();
        }
        self.life.lives_on(what, "after").await;
        answer
    }

    async fn suffer<T: Send + 'static>(
        &self,
        fault: Option<(Fault, Duration)>,
        call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some((fault, while_)) = fault else { return call.await };
        match fault {
            Fault::Lag => {
                sleep(while_ / 20).await;
                let answer = call.await;
                sleep(self.town.dice.millis(0..=LAG)).await;
                return answer;
            }
            Fault::SlowThere => {
                sleep(while_).await;
                return call.await;
            }
            Fault::SlowBack => {
                let answer = call.await;
                sleep(while_).await;
                return answer;
            }
            Fault::Unreachable => return Err(StoreError::Unreachable("cut off".into())),
            Fault::Lost => {}
            Fault::AnswerLost => drop(call.await),
            Fault::CarriedOutLater => {
                let (town, later) = (Arc::clone(&self.town), CALL + while_ * 6);
                tokio::spawn(async move {
                    sleep(later).await;
                    town.unrest();
                    drop(call.await);
                });
            }
        }
        sleep(CALL).await;
        Err(StoreError::TimedOut)
    }

    /// What was committed goes on to replicas, and others may read it meanwhile.
    async fn wait_for_replicas(&self, commit: &Commit) -> Result<(), StoreError> {
        if self.town.lags() {
            self.town.tally.raise("store commit unacknowledged");
            self.town.unrest();
            sleep(CALL / 2).await;
            self.town.unrest();
            return Err(StoreError::Unacknowledged { by: 0, of: 1 });
        }
        sleep(self.town.dice.millis(0..=LAG)).await;
        self.witness().seen().acknowledge(commit);
        Ok(())
    }
}

#[async_trait]
impl Store for Line {
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        let (witness, key) = (self.witness(), *key);
        let loaded = self.carry("load", async move { witness.load(key).await }).await?;
        self.life.looked(key, loaded.version);
        Ok(loaded)
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        if self.town.conflicts() {
            self.town.tally.raise("store commit conflict out of nothing");
            return Ok(Committed::Conflict);
        }
        let (witness, own) = (self.witness(), commit.clone());
        let committed = self.carry("commit", async move { witness.commit(&own).await }).await?;
        if committed == Committed::Conflict {
            self.town.tally.raise("store commit conflict");
        } else if commit.replicated && self.town.waits_for_replicas {
            self.wait_for_replicas(commit).await?;
        }
        Ok(committed)
    }

    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        let witness = self.witness();
        self.carry("claim", async move { witness.claim(lease, most).await }).await
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        let (witness, charge) = (self.witness(), charge.clone());
        self.carry("charge", async move { witness.charge(&charge).await }).await
    }

    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let (witness, message, delivery) = (self.witness(), *message, *delivery);
        self.carry("remember", async move { witness.remember(message, delivery, ttl).await }).await
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        let (witness, message) = (self.witness(), *message);
        self.carry("find", async move { witness.find(message).await }).await
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        self.town.memory.counter(name).await
    }

    fn partitions(&self) -> u32 {
        self.town.memory.partitions()
    }

    fn partition_of(&self, key: &RecipientKey) -> u32 {
        self.town.memory.partition_of(key)
    }

    async fn follow(&self, _: &Reader, _: Duration, _: usize) -> Result<Followed, StoreError> {
        Err(StoreError::Unreachable("nobody follows here".into()))
    }

    async fn pass(&self, _: &Reader, _: EventId, _: Duration) -> Result<bool, StoreError> {
        Err(StoreError::Unreachable("nobody follows here".into()))
    }

    fn waits_for_replicas(&self) -> bool {
        self.town.waits_for_replicas && self.town.says_that_it_waits
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.carry("ping", async { Ok(()) }).await
    }
}
