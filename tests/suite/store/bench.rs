//! A store under test, with its time in the test's hands.

use std::{any::Any, sync::Arc, time::Duration};

use pombo::{
    otp::{ChallengeId, DeliveryRef, OperationId, RecipientKey, Time},
    store::{
        self, Certificates, Charge, Charged, Commit, Committed, Due, Followed, Reader, Settings,
        Store,
    },
};
use redis::aio::MultiplexedConnection;

use crate::support::{
    clock::{self, Clock},
    redis_cluster::RedisCluster,
    redis_server::RedisServer,
    sentinel_group::SentinelGroup,
};

/// How much longer than asked for a real clock may take.
const SLACK: Duration = Duration::from_millis(2);

pub struct Bench {
    pub store: Arc<dyn Store>,
    kind: Kind,
}

enum Kind {
    Memory(Clock),
    /// The servers live as long as the bench.
    Redis {
        _servers: Arc<dyn Any + Send + Sync>,
    },
}

impl Bench {
    pub async fn memory() -> Self {
        let (store, clock) = clock::store();
        Self { store: Arc::new(store), kind: Kind::Memory(clock) }
    }

    pub async fn redis() -> Self {
        let server = RedisServer::start();
        Self::over(settings_at(server.url()), Arc::new(server)).await
    }

    pub async fn valkey() -> Self {
        let server = RedisServer::start_valkey();
        Self::over(settings_at(server.url()), Arc::new(server)).await
    }

    pub async fn sentinel() -> Self {
        let group = SentinelGroup::start(0, 1).await;
        Self::over(settings_at(group.url()), Arc::new(group)).await
    }

    /// A cluster is slow to start, so one serves many promises; it forgets in between.
    pub async fn cluster(cluster: &Arc<RedisCluster>) -> Self {
        cluster.flush().await;
        Self::over(settings_at(cluster.url()), cluster.clone()).await
    }

    async fn over(settings: Settings, servers: Arc<dyn Any + Send + Sync>) -> Self {
        let store = store::open(settings).await.unwrap();
        Self { store, kind: Kind::Redis { _servers: servers } }
    }

    /// Lets at least so much of the store's time go by, and in memory exactly so much. The clock of
    /// a real Redis can't be moved, so there it is waited for.
    pub async fn pass(&self, span: Duration) {
        match &self.kind {
            Kind::Memory(clock) => clock.pass(span),
            Kind::Redis { .. } => tokio::time::sleep(span + SLACK).await,
        }
    }

    /// Whether time goes by only where a test lets it.
    pub fn time_stands_still(&self) -> bool {
        matches!(self.kind, Kind::Memory(_))
    }

    /// The event records kept for a recipient's partition, oldest first.
    pub async fn events(&self, key: &RecipientKey) -> Vec<Vec<u8>> {
        kept(&*self.store, key).await
    }

    pub async fn now(&self) -> Time {
        self.store.load(&key(0)).await.unwrap().now
    }

    /// Commits and insists on what became of it.
    pub async fn commit(&self, commit: Commit, expected: Committed) {
        assert_eq!(self.store.commit(&commit).await.unwrap(), expected);
    }

    pub async fn version(&self, key: &RecipientKey) -> u64 {
        self.store.load(key).await.unwrap().version
    }

    pub async fn claim(&self, lease_ms: u64, most: usize) -> Vec<Due> {
        self.store.claim(ms(lease_ms), most).await.unwrap()
    }

    pub async fn charge(&self, charge: &Charge) -> Charged {
        self.store.charge(charge).await.unwrap()
    }
}

pub const PARTITIONS: u32 = 8;

pub fn settings(server: &RedisServer) -> Settings {
    settings_at(server.url())
}

pub fn settings_at(url: String) -> Settings {
    Settings {
        url,
        partitions: PARTITIONS,
        index_fingerprint: "feed".into(),
        wait_replicas: 0,
        certificates: Certificates::default(),
        visit: pombo::store::Visit::Serve,
    }
}

pub async fn connection(server: &RedisServer) -> MultiplexedConnection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Different keys, also of different partitions.
pub fn key(number: u8) -> RecipientKey {
    RecipientKey([number; 16])
}

/// The event records that a store keeps for a recipient's partition, oldest first.
pub async fn kept(store: &dyn Store, key: &RecipientKey) -> Vec<Vec<u8>> {
    // Never passed, so it reads all of it each time.
    let reader = Reader { name: "look", partition: store.partition_of(key), holder: 0 };
    match store.follow(&reader, ms(1), 1_000_000).await.unwrap() {
        Followed::Events { events, .. } => events.into_iter().map(|it| it.event).collect(),
        Followed::ByAnother => panic!("nobody else looks"),
    }
}

/// A plain commit, of a record that lives for a minute.
pub fn commit(key: RecipientKey, expected: u64) -> Commit {
    Commit {
        key,
        expected,
        blob: b"blob".to_vec(),
        ttl: Duration::from_secs(60),
        alarm: None,
        counters: vec![],
        events: vec![],
        events_ttl: Duration::from_secs(60),
        replicated: false,
    }
}

/// A charge of a counter by an operation.
pub fn charge(counter: u8, operation: u8, windows: &[(u32, u64)]) -> Charge {
    Charge {
        counter: [counter; 16],
        windows: windows.iter().map(|&(count, length_ms)| (count, ms(length_ms))).collect(),
        cost: 1,
        operation: OperationId([operation; 12]),
        holder: None,
    }
}

pub fn delivery(number: u32) -> DeliveryRef {
    DeliveryRef { challenge: ChallengeId([7; 32]), number }
}
