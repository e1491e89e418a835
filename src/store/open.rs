//! From `store.url` to a store.

use std::{ops::RangeInclusive, sync::Arc};

use super::{
    Store, StoreError,
    memory::MemoryStore,
    redis::{RedisStore, ServerFacts},
};

/// What a store is opened with.
#[derive(Clone)]
pub struct Settings {
    /// `store.url`. May hold a password, so it has no `Debug` and appears in no error.
    pub url: String,
    /// `store.partitions`, 1 to 4096. A store in Redis keeps the number of its first start.
    pub partitions: u32,
    /// The fingerprint of `keys.index`. A store in Redis keeps that of its first start.
    pub index_fingerprint: String,
    /// What the store is opened for.
    pub visit: Visit,
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// To serve from it. The first time sets it up.
    Serve,
    /// To play in it: `dev`, whose codes reach nobody. A store that serves is no playground, nor the
    /// other way round: whoever wakes an alarm sends its message.
    Play,
    /// To look at it, leaving no trace.
    Look,
}

/// What a store is, for an operator to judge.
#[derive(Clone, Debug)]
pub enum Sight {
    /// In this process.
    Memory,
    /// A server that answers, with what it tells of itself, or why it does not tell.
    Server(Result<ServerFacts, StoreError>),
}

impl Settings {
    /// What the store keeps of the index key and of those who use it.
    pub(super) fn mark(&self) -> String {
        match self.visit {
            Visit::Serve | Visit::Look => self.index_fingerprint.clone(),
            Visit::Play => format!("{} (dev)", self.index_fingerprint),
        }
    }
}

/// Each partition costs a look at its schedule every two seconds.
const PARTITIONS: RangeInclusive<u32> = 1..=4096;

/// Why a store was not opened. Each sentence names the key to change.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a URL of any known form.
    #[error("store.url must be memory: or redis://[[user]:password@]host[:port][/database]")]
    Url,
    /// A form that is planned.
    #[error("store.url: {0} is not in this version; use memory: or redis://")]
    NotInThisVersion(&'static str),
    /// Too few or too many partitions.
    #[error("store.partitions must be 1 to 4096; 64 serves most")]
    PartitionCount,
    /// The store was set up with another number of partitions.
    #[error(
        "store.partitions is {given}, but this store was set up with {held}, by which its records \
         are placed; set store.partitions = {held}, or name an empty database in store.url"
    )]
    Partitions {
        /// As configured.
        given: u32,
        /// As the store holds it.
        held: String,
    },
    /// The store's records were placed by another index key.
    #[error(
        "keys.index has the fingerprint {given}, but this store's records are placed by a key with \
         the fingerprint {held}; configure that key, or name an empty database in store.url"
    )]
    Index {
        /// As configured.
        given: String,
        /// As the store holds it.
        held: String,
    },
    /// The store can't be reached.
    #[error("store.url: {0}")]
    Store(#[from] StoreError),
}

/// Opens the store that `store.url` names. Takes three seconds at most.
///
/// # Errors
///
/// A URL that no store answers to, a store that can't be reached, and a store that was set up with
/// other partitions or another index key.
pub async fn open(settings: Settings) -> Result<Arc<dyn Store>, OpenError> {
    match connect(&settings).await? {
        Some(store) => Ok(Arc::new(store)),
        None => Ok(Arc::new(MemoryStore::default())),
    }
}

/// Looks at the store that `store.url` names, for a visit of the kind [`Visit::Look`]. Takes four
/// seconds at most.
///
/// # Errors
///
/// As for [`open`].
pub async fn look(settings: Settings) -> Result<Sight, OpenError> {
    match connect(&settings).await? {
        Some(store) => Ok(Sight::Server(store.facts().await)),
        None => Ok(Sight::Memory),
    }
}

/// The server that the settings name, or none for a store in memory.
async fn connect(settings: &Settings) -> Result<Option<RedisStore>, OpenError> {
    if !PARTITIONS.contains(&settings.partitions) {
        return Err(OpenError::PartitionCount);
    }
    let (scheme, rest) = settings.url.split_once(':').ok_or(OpenError::Url)?;
    match scheme {
        "memory" if rest.is_empty() => Ok(None),
        "redis" => Ok(Some(RedisStore::open(settings).await?)),
        "rediss" => Err(OpenError::NotInThisVersion("rediss:// (TLS)")),
        "redis+sentinel" => Err(OpenError::NotInThisVersion("redis+sentinel://")),
        "redis+cluster" => Err(OpenError::NotInThisVersion("redis+cluster://")),
        _ => Err(OpenError::Url),
    }
}
