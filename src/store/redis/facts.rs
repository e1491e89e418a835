//! What a server tells of itself, for an operator to judge.

use super::{RedisStore, connection::Failure};
use crate::store::StoreError;

/// A server, by its own word. What it does not tell is empty or `false`.
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
}

impl RedisStore {
    /// Asks the server about itself.
    pub(in crate::store) async fn facts(&self) -> Result<ServerFacts, StoreError> {
        self.link.call(self.info()).await
    }

    async fn info(&self) -> Result<ServerFacts, Failure> {
        let told: String = redis::cmd("INFO").query_async(&mut self.connection()).await?;
        Ok(read(&told))
    }
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_by_its_own_word() {
        let redis = "# Server\r\nredis_version:7.2.4\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n\
                     # Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n";
        let facts = ServerFacts {
            version: "Redis 7.2.4".to_owned(),
            eviction_policy: "noeviction".to_owned(),
            keeps_changes: true,
            is_replica: false,
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
