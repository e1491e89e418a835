//! From `store.url` to a store.

use std::{ops::RangeInclusive, sync::Arc};

use super::{
    Store, StoreError,
    memory::MemoryStore,
    redis::{RedisFacts, RedisStore},
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
    /// `store.wait_replicas`. A store in memory has none to wait for.
    pub wait_replicas: u32,
    /// For URLs with TLS.
    pub certificates: Certificates,
    /// What the store is opened for.
    pub visit: Visit,
}

/// Whom to trust and who to be by TLS, each in PEM. The key is secret, so there is no `Debug`.
#[derive(Clone, Default)]
pub struct Certificates {
    /// `store.ca_file`: the authority of the server's certificate. None for those of the system.
    pub authority: Option<Vec<u8>>,
    /// `store.client_cert_file` and `store.client_key_file`: our own certificate and its key.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
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
    /// Servers that answer, with what they tell of themselves, or why they do not tell.
    Redis(Result<RedisFacts, StoreError>),
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

/// Each partition costs a look at its schedule every second.
const PARTITIONS: RangeInclusive<u32> = 1..=4096;

/// Why a store was not opened. Each sentence names the key to change.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a URL of any known form.
    #[error(
        "store.url must be memory:, redis://[user:password@]host[:port][/database], \
         redis+sentinel://[user:password@]host:port,host:port/name or \
         redis+cluster://[user:password@]host:port,host:port; with TLS it begins with rediss"
    )]
    Url,
    /// A certificate or a key can't be used.
    #[error(
        "store.ca_file, store.client_cert_file and store.client_key_file must be certificates and \
         the first one's key, in PEM; `openssl x509 -in FILE -noout` and `openssl pkey -in FILE \
         -noout` tell which is not"
    )]
    Certificates,
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
        Some(store) => Ok(Sight::Redis(store.facts().await)),
        None => Ok(Sight::Memory),
    }
}

/// The server that the settings name, or none for a store in memory.
async fn connect(settings: &Settings) -> Result<Option<RedisStore>, OpenError> {
    if !PARTITIONS.contains(&settings.partitions) {
        return Err(OpenError::PartitionCount);
    }
    match &*settings.url {
        "memory:" => Ok(None),
        _ => Ok(Some(RedisStore::open(settings).await?)),
    }
}
