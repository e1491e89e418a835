//! What servers tell of themselves, for an operator to judge.

use redis::FromRedisValue;

use super::{RedisStore, Shape};
use crate::store::{
    StoreError,
    redis::node::{Lane, Node, told},
};

/// What a store in Redis is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisFacts {
    /// What it consists of.
    pub shape: Shape,
    /// Those who take writes, by their own word: one, but in a cluster.
    pub primaries: Vec<ServerFacts>,
}

/// A server, by its own word. What it does not tell is empty, 0 or `false`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// Name and version: `Redis 7.2.4`.
    pub version: String,
    /// What it does when its memory is full, `maxmemory-policy`.
    pub eviction_policy: String,
    /// Whether it writes each change to disk, `appendonly`.
    pub keeps_changes: bool,
    /// Whether it follows another server, so that it takes no writes.
    pub is_replica: bool,
    /// How many follow it.
    pub replicas: u32,
}

impl RedisStore {
    /// Asks the servers about themselves.
    pub(in crate::store) async fn facts(&self) -> Result<RedisFacts, StoreError> {
        self.link.call(self.info()).await
    }

    async fn info(&self) -> Result<RedisFacts, StoreError> {
        let mut primaries = Vec::new();
        for node in self.connection().primaries().await? {
            primaries.push(read(&info(&node).await?));
        }
        Ok(RedisFacts { shape: self.link.shape(), primaries })
    }
}

async fn info(node: &Node) -> redis::RedisResult<String> {
    let told = told(node.send(&[redis::cmd("INFO")], Lane::Shared).await)?;
    Ok(String::from_redis_value(told.into_iter().next().unwrap_or(redis::Value::Nil))?)
}

fn read(told: &str) -> ServerFacts {
    let value = |name: &str| {
        let lines = told.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let version = match (value("valkey_version"), value("redis_version")) {
        (Some(version), _) => format!("Valkey {version}"),
        (None, version) => format!("Redis {}", version.unwrap_or("of an unknown version")),
    };
    ServerFacts {
        version,
        eviction_policy: value("maxmemory_policy").unwrap_or_default().to_owned(),
        keeps_changes: value("aof_enabled") == Some("1"),
        is_replica: value("role") == Some("slave"),
        replicas: value("connected_slaves").and_then(|it| it.parse().ok()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_by_its_own_word() {
        let redis = "# Server\r\nredis_version:7.2.4\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n\
                     # Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n\
                     connected_slaves:2\r\n";
        let facts = ServerFacts {
            version: "Redis 7.2.4".to_owned(),
            eviction_policy: "noeviction".to_owned(),
            keeps_changes: true,
            is_replica: false,
            replicas: 2,
        };
        assert_eq!(read(redis), facts);
        let valkey =
            "redis_version:7.2.4\r\nvalkey_version:8.1.0\r\nrole:slave\r\naof_enabled:0\r\n";
        let facts = ServerFacts {
            version: "Valkey 8.1.0".to_owned(),
            is_replica: true,
            ..ServerFacts::default()
        };
        assert_eq!(read(valkey), facts);
    }
}
