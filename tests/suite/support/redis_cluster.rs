//! A private Redis Cluster of three primaries.

use std::time::{Duration, Instant};

use redis::{Cmd, FromRedisValue, aio::MultiplexedConnection};

use super::{
    pombo::PATIENCE,
    redis_server::{RedisServer, free_port},
};

/// The slots of each.
const RANGES: [(u16, u16); 3] = [(0, 5460), (5461, 10922), (10923, 16383)];

/// A cluster that has all slots.
pub struct RedisCluster {
    /// The primaries in the order of their slots, then the replicas.
    pub servers: Vec<RedisServer>,
}

impl RedisCluster {
    /// Three primaries; the first of them have a replica each.
    pub async fn start(replicas: usize) -> Self {
        let servers: Vec<_> = (0..RANGES.len() + replicas).map(|_| server()).collect();
        let cluster = Self { servers };
        for (number, (first, last)) in RANGES.into_iter().enumerate() {
            cluster.ask::<()>(number, &format!("CLUSTER SET-CONFIG-EPOCH {}", number + 1)).await;
            cluster.ask::<()>(number, &format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await;
        }
        for other in &cluster.servers[1..] {
            let meet = format!("CLUSTER MEET 127.0.0.1 {} {}", other.port(), other.bus_port());
            cluster.ask::<()>(0, &meet).await;
        }
        cluster.is_known_to_all().await;
        for number in 0..replicas {
            let primary = cluster.id(number).await;
            cluster.ask::<()>(RANGES.len() + number, &format!("CLUSTER REPLICATE {primary}")).await;
        }
        for replica in &cluster.servers[RANGES.len()..] {
            replica.follows().await;
        }
        cluster.is_known_to_all().await;
        cluster
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.servers.iter().map(RedisServer::address).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Says something to one of them, in words without blanks.
    pub async fn ask<T: FromRedisValue>(&self, number: usize, words: &str) -> T {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| _ = command.arg(word));
        self.tell(number, &command).await
    }

    async fn tell<T: FromRedisValue>(&self, number: usize, command: &Cmd) -> T {
        command.query_async(&mut self.connection(number).await).await.unwrap()
    }

    async fn connection(&self, number: usize) -> MultiplexedConnection {
        let client = redis::Client::open(self.servers[number].url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    pub async fn id(&self, number: usize) -> String {
        self.ask(number, "CLUSTER MYID").await
    }

    /// Forgets everything that was stored.
    pub async fn flush(&self) {
        for number in 0..RANGES.len() {
            self.ask::<()>(number, "FLUSHALL").await;
        }
    }

    /// Gives a slot from one to the other, with what is in it, leaving callers `time` in between.
    pub async fn migrate(&self, slot: u16, from: usize, to: usize, time: Duration) {
        self.migrate_by(1, slot, from, to, time).await;
    }

    /// The same, so many keys at a time.
    pub async fn migrate_by(&self, keys: usize, slot: u16, from: usize, to: usize, time: Duration) {
        let (source, target) = (self.id(from).await, self.id(to).await);
        self.ask::<()>(to, &format!("CLUSTER SETSLOT {slot} IMPORTING {source}")).await;
        self.ask::<()>(from, &format!("CLUSTER SETSLOT {slot} MIGRATING {target}")).await;
        tokio::time::sleep(time).await;
        let port = self.servers[to].port();
        loop {
            let keys: Vec<String> =
                self.ask(from, &format!("CLUSTER GETKEYSINSLOT {slot} {keys}")).await;
            if keys.is_empty() {
                break;
            }
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg("127.0.0.1").arg(port).arg("").arg(0).arg(1000).arg("KEYS").arg(keys);
            self.tell::<()>(from, &migrate).await;
        }
        tokio::time::sleep(time).await;
        for number in [to, from] {
            self.ask::<()>(number, &format!("CLUSTER SETSLOT {slot} NODE {target}")).await;
        }
    }

    /// Who has a slot, in the order of [`servers`](Self::servers).
    pub fn owner(slot: u16) -> usize {
        RANGES.iter().position(|(first, last)| (*first..=*last).contains(&slot)).unwrap()
    }

    /// Nothing tells when the last has heard of the last; it takes two seconds at least.
    async fn is_known_to_all(&self) {
        let start = Instant::now();
        let all = format!("cluster_known_nodes:{}", self.servers.len());
        for number in 0..self.servers.len() {
            loop {
                let info: String = self.ask(number, "CLUSTER INFO").await;
                let nodes: String = self.ask(number, "CLUSTER NODES").await;
                let is_up = info.contains("cluster_state:ok") && info.contains(&all);
                if is_up && !nodes.contains("handshake") {
                    break;
                }
                assert!(start.elapsed() < PATIENCE, "{info}{nodes}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl RedisServer {
    /// Where a server of a cluster talks to the others.
    fn bus_port(&self) -> &str {
        self.option("--cluster-port").unwrap()
    }
}

fn server() -> RedisServer {
    let bus_port = free_port().to_string();
    let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
    RedisServer::start_with(&[&options[..], &["--cluster-port", &bus_port]].concat())
}
