//! The store in Redis (or Valkey): one server, a master that sentinels watch, or a cluster.
//!
//! Each call is one script or one command; nothing is decided between two of them. Keys stand in
//! `keys`, scripts beside this file. Which servers there are and who of them is asked is known below
//! [`Link`] only: `address` reads the URL, `kept` makes connections and makes them anew, `sentinel`
//! finds the master, `cluster` the server that has a slot.

mod claim;

mod follow;

mod replicas;

mod connection;

mod address;

mod kept;

mod node;

mod sentinel;

mod cluster;

mod servers;

mod slots;

mod failure;

mod facts;

mod guards;

mod keys;

mod scatter;

mod scripts;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::AsyncCommands;

use super::{
    Charge, Charged, Commit, Committed, Due, EventId, Followed, Loaded, OpenError, Reader,
    Recorded, Settings, Store, StoreError,
    bounds::{EVENTS_KEPT, life_ms},
    gcra::Rate,
};
use crate::otp::{DeliveryRef, MessageTag, RecipientKey, Time};
pub use connection::Shape;
use connection::{Connection, Link};
pub use facts::{RedisFacts, ServerFacts};
use guards::Guards;
use keys::{Keys, Partition};
use scatter::scatter;
use scripts::Invocation;

/// A store in Redis. Clones share its connections.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    guards: Guards,
    keys: Keys,
    /// Replicas that must acknowledge what may not be undone.
    replicas: u32,
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connection knows the password.
        f.write_str("RedisStore")
    }
}

/// Bytes of the version before the blob.
const VERSION: usize = 8;

impl RedisStore {
    /// Connects, and makes sure that the store was set up for the same partitions and index key.
    ///
    /// # Errors
    ///
    /// See [`open`](super::open).
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        let link = Link::new(settings)?;
        let guards = guards::check(&link, settings).await?;
        Ok(Self {
            link: Arc::new(link),
            guards,
            keys: Keys { partitions: settings.partitions },
            replicas: settings.wait_replicas,
        })
    }

    fn connection(&self) -> Connection {
        self.link.connection()
    }

    /// Waits for a call, if the store is still ours.
    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.guards.admit()?;
        self.link.call(call).await
    }

    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        let record = self.keys.partition(&key.0).record(key);
        let load = scripts::LOAD.key(record);
        let (seconds, micros, record): (u64, u64, Option<Vec<u8>>) =
            load.run(&mut self.connection()).await?;
        let (version, blob) = record.map(split).transpose()?.unzip();
        Ok(Loaded {
            blob,
            version: version.unwrap_or_default(),
            now: Time::from_millis(seconds * 1000 + micros / 1000),
        })
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let script = self.commit_script(commit);
        let is_written: bool = if commit.replicated && self.replicas > 0 {
            self.write_replicated(&script).await?
        } else {
            script.run(&mut self.connection()).await?
        };
        Ok(if is_written { Committed::Done } else { Committed::Conflict })
    }

    fn commit_script(&self, commit: &Commit) -> Invocation<'static> {
        let partition = self.keys.partition(&commit.key.0);
        let mut script = scripts::COMMIT.key(partition.record(&commit.key));
        script.key(partition.schedule()).key(partition.counters()).key(partition.events());
        script
            .arg(version(commit.expected))
            .arg(joined(commit.expected.saturating_add(1), &commit.blob));
        script.arg(life_ms(commit.ttl));
        script.arg(commit.alarm.map_or(String::new(), |at| at.millis().to_string()));
        script.arg(commit.key.to_string()).arg(EVENTS_KEPT).arg(life_ms(commit.events_ttl));
        script.arg(commit.counters.len());
        for (name, amount) in &commit.counters {
            script.arg(name).arg(*amount);
        }
        for event in &commit.events {
            script.arg(&event[..]);
        }
        script
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        let rates = Rate::all(charge);
        if rates.is_empty() {
            return Ok(Charged::Allowed);
        }
        let partition = self.keys.partition(&charge.counter);
        let mut script = scripts::CHARGE.key(partition.limit(&charge.counter));
        script.key(partition.charge(&charge.counter, &charge.operation));
        script.arg(charge.cost).arg(charge.holder.as_ref().map_or(&[][..], |holder| &holder[..]));
        for rate in rates {
            script.arg(rate.count).arg(rate.length_ms);
        }
        let wait_ms: u64 = script.run(&mut self.connection()).await?;
        Ok(match wait_ms {
            0 => Charged::Allowed,
            wait_ms => Charged::Refused(Duration::from_millis(wait_ms)),
        })
    }

    async fn remember(&self, at: String, text: String, ttl: Duration) -> Result<(), StoreError> {
        Ok(self.connection().pset_ex(at, text, life_ms(ttl)).await?)
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        let at = self.keys.partition(&message.0).message(message);
        let text: Option<String> = self.connection().get(at).await?;
        let malformed = |_| StoreError::Unreadable("a message's delivery is malformed".to_owned());
        text.map(|text| text.parse()).transpose().map_err(malformed)
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        let name = Arc::<str>::from(name);
        let parts = self.keys.all().map(|partition| self.clone().counted(partition, name.clone()));
        let (amounts, failure) = scatter(parts).await;
        // A part of a sum is no sum.
        failure.map_or(Ok(amounts.into_iter().sum()), Err)
    }

    async fn counted(self, partition: Partition, name: Arc<str>) -> Result<i64, StoreError> {
        let amount: Option<i64> = self.connection().hget(partition.counters(), &*name).await?;
        Ok(amount.unwrap_or_default())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(redis::cmd("PING").query_async(&mut self.connection()).await?)
    }
}

/// A version as a record carries it; nothing for a record that is not there.
fn version(version: u64) -> Vec<u8> {
    if version == 0 { Vec::new() } else { version.to_be_bytes().to_vec() }
}

fn joined(version: u64, blob: &[u8]) -> Vec<u8> {
    [&version.to_be_bytes(), blob].concat()
}

fn split(mut record: Vec<u8>) -> Result<(u64, Vec<u8>), StoreError> {
    let head = record.first_chunk::<VERSION>().copied();
    let version = head.ok_or_else(|| StoreError::Unreadable("it has no version".to_owned()))?;
    Ok((u64::from_be_bytes(version), record.split_off(VERSION)))
}

#[async_trait]
impl Store for RedisStore {
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError> {
        self.call(self.load(key)).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        self.call(self.commit(commit)).await
    }

    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError> {
        self.call(self.claim(lease, most)).await
    }

    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError> {
        self.call(self.charge(charge)).await
    }

    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let at = self.keys.partition(&message.0).message(message);
        self.call(self.remember(at, delivery.to_string(), ttl)).await
    }

    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError> {
        self.call(self.find(message)).await
    }

    async fn counter(&self, name: &str) -> Result<i64, StoreError> {
        self.call(self.counter(name)).await
    }

    fn partitions(&self) -> u32 {
        self.keys.partitions
    }

    fn partition_of(&self, key: &RecipientKey) -> u32 {
        self.keys.partition(&key.0).0
    }

    async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError> {
        self.call(self.follow(reader, lease, most)).await
    }

    async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.call(self.pass(reader, event, lease)).await
    }

    fn waits_for_replicas(&self) -> bool {
        self.replicas > 0
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.link.call(self.ping()).await?;
        self.guards.look(&self.link).await
    }
}
