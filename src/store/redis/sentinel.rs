//! Who is the master, by its sentinels' word.
//!
//! All are asked at once. In a failover they learn of it one after the other, so the one with the
//! latest configuration is believed; and the server that it names must call itself a master.

use std::{collections::HashMap, sync::Arc, time::Duration};

use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, Value};
use tokio::{task::JoinSet, time::timeout};

use super::{
    address::{Account, Host},
    failure::{turns_away, untold},
    kept::{CONNECT, Live},
};

/// The longest that sentinels are listened to. One that is down must not hold up the others' word.
const LISTEN: Duration = Duration::from_millis(250);

/// The sentinels of a master.
pub(super) struct Sentinels {
    pub(super) hosts: Vec<Host>,
    /// What they call it.
    pub(super) name: Arc<str>,
    /// How the master is spoken to.
    pub(super) account: Account,
}

/// A sentinel's word: since which configuration who is the master.
type Word = (u64, Host);

impl Sentinels {
    /// Connects to the master, once.
    pub(super) async fn master(&self) -> RedisResult<Live> {
        let host = self.ask().await?;
        let master = Live::new(&self.account.client(&host)?).await?;
        let silent = |_| self.untold("the master does not answer");
        let role = timeout(CONNECT, master.ask(&redis::cmd("ROLE"))).await.map_err(silent)??;
        match Vec::<Value>::from_redis_value(role)?.first() {
            Some(Value::BulkString(role)) if role == b"master" => Ok(master),
            _ => Err(self.untold("the sentinels name a server that is no master now")),
        }
    }

    async fn ask(&self) -> RedisResult<Host> {
        let mut asked = JoinSet::new();
        for host in &self.hosts {
            let (host, account) = (host.clone(), self.account.clone());
            asked.spawn(timeout(LISTEN, ask(host, account, self.name.clone())));
        }
        let told: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
        let is_unknown = told.iter().any(|it| matches!(it, Err(error) if !error.is_io_error()));
        match told.into_iter().flatten().max_by_key(|(epoch, _)| *epoch) {
            Some((_, host)) => Ok(host),
            None if is_unknown => {
                Err(self.untold("no sentinel knows the master; is its name right?"))
            }
            None => Err(self.untold("no sentinel answers")),
        }
    }

    fn untold(&self, sentence: &str) -> RedisError {
        untold(ErrorKind::MasterNameNotFoundBySentinel, sentence)
    }
}

/// Asks one of them: as nobody first, since most have no password even where their master has one.
async fn ask(host: Host, account: Account, name: Arc<str>) -> RedisResult<Word> {
    match ask_as(&host, &account.nameless(), &name).await {
        Err(error) if turns_away(&error) => ask_as(&host, &account, &name).await,
        told => told,
    }
}

async fn ask_as(host: &Host, account: &Account, name: &str) -> RedisResult<Word> {
    let sentinel = Live::new(&account.client(host)?).await?;
    let told = sentinel.ask(redis::cmd("SENTINEL").arg("MASTER").arg(name)).await?;
    let told = HashMap::<String, String>::from_redis_value(told)?;
    let value = |name| told.get(name).map(String::as_str).unwrap_or_default();
    let master = value("port").parse().map(|port| (value("ip").to_owned(), port));
    let untold = |_| untold(ErrorKind::MasterNameNotFoundBySentinel, "a sentinel names no port");
    Ok((value("config-epoch").parse().unwrap_or_default(), master.map_err(untold)?))
}
