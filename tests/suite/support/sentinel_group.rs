//! A private group of Redis servers that sentinels watch.

use super::redis_server::RedisServer;

/// What the sentinels call the master.
const NAME: &str = "pombo";

/// How long a master may be silent.
const DOWN_AFTER_MS: u32 = 500;

/// A master, its replicas and their sentinels.
pub struct SentinelGroup {
    /// The master first, as long as nobody else has become it.
    pub servers: Vec<RedisServer>,
    pub sentinels: Vec<RedisServer>,
}

impl SentinelGroup {
    /// A group in which all know all, and all replicas follow.
    pub async fn start(replicas: usize, sentinels: usize) -> Self {
        let master = RedisServer::start_with(&["--replica-priority", "100"]);
        let port = master.port().to_string();
        let follows = || RedisServer::start_with(&["--replicaof", "127.0.0.1", &port]);
        let servers: Vec<_> =
            std::iter::once(master).chain((0..replicas).map(|_| follows())).collect();
        for replica in &servers[1..] {
            replica.follows().await;
        }
        let quorum = sentinels / 2 + 1;
        let sentinels: Vec<_> = (0..sentinels).map(|_| sentinel(&port, quorum)).collect();
        for sentinel in &sentinels {
            sentinel.log().wait_for_many("+slave ", replicas).await;
            sentinel.log().wait_for_many("+sentinel ", sentinels.len() - 1).await;
        }
        Self { servers, sentinels }
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(RedisServer::address).collect();
        format!("redis+sentinel://{}/{NAME}", hosts.join(","))
    }

    /// Waits until a sentinel has told of a new master.
    pub async fn fails_over(&self) {
        let told = |line: &str| line.contains("+switch-master");
        self.sentinels[0].log().wait_for("a new master", told).await;
    }

    /// Whoever is the master now, as the first sentinel says.
    pub async fn master(&self) -> &RedisServer {
        let told = self.sentinels[0].ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).await;
        let port = told.lines().nth(1).unwrap();
        self.servers.iter().find(|server| server.port().to_string() == port).unwrap()
    }
}

fn sentinel(master_port: &str, quorum: usize) -> RedisServer {
    RedisServer::start_on_a_free_port("+monitor master", |port, folder| {
        let file = folder.join("sentinel.conf");
        // It keeps in this file what it learns, so it can't be told all by options.
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {NAME} 127.0.0.1 {master_port} {quorum}\n\
             sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}\n\
             sentinel failover-timeout {NAME} 2000\n"
        );
        std::fs::write(&file, text).unwrap();
        vec![file.to_str().unwrap().to_owned(), "--sentinel".to_owned()]
    })
}
