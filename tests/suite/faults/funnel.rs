//! The exact numbers, as they stand in Redis: kept in one step with the record that they count.

use std::collections::BTreeMap;

use redis::aio::MultiplexedConnection;

use crate::support::{redis_cluster::RedisCluster, redis_server::RedisServer};

/// How many partitions a store has, unless it is told otherwise.
const PARTITIONS: u32 = 64;

/// Where a store's counters are read.
pub struct Funnel(Vec<String>);

/// What a store has counted.
#[derive(Debug, Default)]
pub struct Counted {
    pub issued: i64,
    pub live: i64,
    /// By how they ended.
    pub concluded: BTreeMap<String, i64>,
}

impl Funnel {
    pub fn of(server: &RedisServer) -> Self {
        Self(vec![server.url()])
    }

    pub fn of_cluster(cluster: &RedisCluster) -> Self {
        Self(cluster.servers.iter().map(RedisServer::url).collect())
    }

    pub async fn read(&self) -> Counted {
        let mut counted = Counted::default();
        for url in &self.0 {
            let client = redis::Client::open(url.as_str()).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            for partition in 0..PARTITIONS {
                counted.add(&partition_of(&mut connection, partition).await);
            }
        }
        counted
    }
}

/// A partition's counters; none if another server of a cluster has them.
async fn partition_of(redis: &mut MultiplexedConnection, partition: u32) -> BTreeMap<String, i64> {
    let mut ask = redis::cmd("HGETALL");
    ask.arg(format!("pombo:{{{partition}}}:counters"));
    ask.query_async(redis).await.unwrap_or_default()
}

impl Counted {
    /// `issued|purpose|country|first|arm` and `concluded|purpose|country|first|arm|state|used`.
    fn add(&mut self, counters: &BTreeMap<String, i64>) {
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
