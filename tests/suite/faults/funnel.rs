//! The exact numbers, as they stand in Redis: kept in one step with the record that they count.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use redis::{Client, RedisResult, aio::MultiplexedConnection};

use crate::support::{redis_cluster::RedisCluster, redis_server::RedisServer};

/// How many partitions a store has, unless it is told otherwise.
const PARTITIONS: u32 = 64;

/// Where a store's counters are read.
pub struct Funnel(Vec<String>);

/// What a store has counted.
#[derive(Debug)]
pub struct Counted {
    pub issued: i64,
    pub live: i64,
    /// By how they ended.
    pub concluded: BTreeMap<String, i64>,
    /// The store's time, before anything else was read.
    pub time: SystemTime,
    /// How many partitions there was an answer of.
    partitions: u32,
}

impl Funnel {
    pub fn of(server: &RedisServer) -> Self {
        Self(vec![server.url()])
    }

    pub fn of_cluster(cluster: &RedisCluster) -> Self {
        Self(cluster.servers.iter().map(RedisServer::url).collect())
    }

    /// The sums over all partitions that these servers have.
    pub async fn read(&self) -> Counted {
        let mut servers = Vec::new();
        for url in &self.0 {
            let client = Client::open(url.as_str()).unwrap();
            servers.push(client.get_multiplexed_async_connection().await.unwrap());
        }
        let mut counted = Counted::none_at(time(&mut servers[0]).await);
        for server in &mut servers {
            for partition in 0..PARTITIONS {
                // Others of a cluster say who has it.
                if let Ok(counters) = partition_of(server, partition).await {
                    counted.add(&counters);
                }
            }
        }
        counted
    }
}

async fn time(redis: &mut MultiplexedConnection) -> SystemTime {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(redis).await.unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// A partition's counters.
async fn partition_of(
    redis: &mut MultiplexedConnection,
    partition: u32,
) -> RedisResult<BTreeMap<String, i64>> {
    let mut ask = redis::cmd("HGETALL");
    ask.arg(format!("pombo:{{{partition}}}:counters"));
    ask.query_async(redis).await
}

impl Counted {
    fn none_at(time: SystemTime) -> Self {
        Self { issued: 0, live: 0, concluded: BTreeMap::new(), time, partitions: 0 }
    }

    /// Whether each partition is in it, and once.
    pub fn is_whole(&self) -> bool {
        self.partitions == PARTITIONS
    }

    /// `issued|purpose|country|first|arm` and `concluded|purpose|country|first|arm|state|used`.
    fn add(&mut self, counters: &BTreeMap<String, i64>) {
        self.partitions += 1;
        for (name, amount) in counters {
            let words: Vec<_> = name.split('|').collect();
            match words[..] {
                ["live"] => self.live += amount,
                ["issued", ..] => self.issued += amount,
                ["concluded", .., state, _] => {
                    *self.concluded.entry(state.to_owned()).or_default() += amount;
                }
                _ => {}
            }
        }
    }
}
