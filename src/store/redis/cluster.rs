//! A cluster: each call goes to the server that has its slot, and follows it where it has gone.
//!
//! What was refused has changed nothing, so it is tried again, by whoever it is now up to, until the
//! call's time is over. What was sent and not answered may have been carried out: that is the
//! caller's to find out, and nothing is sent twice.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::{sync::Mutex as Turn, task::JoinSet};

use super::{
    address::{Account, Host},
    failure::{self, untold},
    kept::Way,
    node::{self, Lane, Missed, Node},
    slots::{self, Slots},
};

/// The pause before a call that has to wait is sent again, drawn by chance.
const PAUSE_MS: Range<u64> = 10..40;

/// The map is not read more often than this.
const READING_PAUSE: Duration = Duration::from_millis(50);

/// A cluster of servers.
pub(super) struct Cluster {
    seeds: Vec<Host>,
    account: Account,
    map: Mutex<Map>,
    /// Of those who want the map read again, one reads it.
    reading: Turn<()>,
}

/// What is known of the cluster.
#[derive(Default)]
struct Map {
    slots: Slots,
    nodes: HashMap<Host, Arc<Node>>,
    read_at: Option<Instant>,
    /// A call was lost: whoever it went to may be down, and another in its place.
    is_in_doubt: bool,
}

/// What a refusal means for the call.
enum Next {
    /// Somebody else has the slot.
    Moved(Host),
    /// Somebody else is taking the slot over, and has this call's keys already.
    Ask(Host),
    /// Soon.
    Wait,
    /// Soon, perhaps by somebody else.
    WaitAndRead,
    /// It is the call's own.
    End,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Host>, account: Account) -> Self {
        Self { seeds, account, map: Mutex::default(), reading: Turn::default() }
    }

    /// Sends commands of one slot, one after the other over one connection. It gives up when the call
    /// does.
    pub(super) async fn send(&self, commands: &[Cmd], lane: Lane) -> RedisResult<Vec<Value>> {
        let Some(slot) = commands.first().and_then(slots::of) else {
            return self.send_to_any(commands, lane).await;
        };
        // Who is taking the slot over, for one try.
        let mut aside: Option<Host> = None;
        loop {
            let asked = Instant::now();
            let (host, told) = match aside.take() {
                Some(host) => (host.clone(), self.ask(&host, commands, lane).await),
                None => {
                    let (host, node) = self.owner(slot).await?;
                    (host, node.send(commands, lane).await)
                }
            };
            let error = match told {
                Ok(told) => return Ok(told),
                Err(Missed::Failed(error)) => error,
                Err(Missed::Unreached(error)) => {
                    self.read(asked).await?;
                    if self.owner(slot).await?.0 == host { return Err(error) } else { continue }
                }
            };
            match next(&error, &host) {
                Next::Moved(to) => self.map().slots.assign(slot, to),
                Next::Ask(to) => aside = Some(to),
                Next::Wait => pause().await,
                Next::WaitAndRead => {
                    pause().await;
                    self.read(asked).await?;
                }
                Next::End => {
                    self.map().is_in_doubt |= failure::spoils(&error);
                    return Err(error);
                }
            }
        }
    }

    /// Sends what has no key to one that answers, beginning anywhere.
    async fn send_to_any(&self, commands: &[Cmd], lane: Lane) -> RedisResult<Vec<Value>> {
        let mut nodes = self.primaries().await?;
        let first = rand::random_range(..nodes.len().max(1));
        nodes.rotate_left(first);
        let mut told = Err(nobody());
        for node in nodes {
            told = node::told(node.send(commands, lane).await);
            if !told.as_ref().is_err_and(failure::spoils) {
                break;
            }
        }
        told
    }

    /// Sends a call to the server that is taking its slot over. Who does not ask is sent back.
    async fn ask(&self, to: &Host, commands: &[Cmd], lane: Lane) -> Result<Vec<Value>, Missed> {
        let node = self.node(&mut self.map(), to).map_err(Missed::Unreached)?;
        let asking = [redis::cmd("ASKING")];
        let commands: Vec<Cmd> = asking.iter().chain(commands).cloned().collect();
        Ok(node.send(&commands, lane).await?.split_off(1))
    }

    /// All that have slots.
    pub(super) async fn primaries(&self) -> RedisResult<Vec<Arc<Node>>> {
        self.read_if_needed().await?;
        let mut map = self.map();
        let owners = map.slots.owners();
        owners.iter().map(|host| self.node(&mut map, host)).collect()
    }

    async fn owner(&self, slot: u16) -> RedisResult<(Host, Arc<Node>)> {
        self.read_if_needed().await?;
        let mut map = self.map();
        let host = map.slots.owner(slot).cloned().ok_or_else(nobody)?;
        Ok((host.clone(), self.node(&mut map, &host)?))
    }

    fn node(&self, map: &mut Map, host: &Host) -> RedisResult<Arc<Node>> {
        if let Some(node) = map.nodes.get(host) {
            return Ok(Arc::clone(node));
        }
        let node = Arc::new(Node::new(Way::Server(self.account.client(host)?.into())));
        map.nodes.insert(host.clone(), Arc::clone(&node));
        Ok(node)
    }

    async fn read_if_needed(&self) -> RedisResult<()> {
        let needed = { self.map() }.needs_reading();
        if needed { self.read(Instant::now()).await } else { Ok(()) }
    }

    /// Reads who has which slot, unless somebody has since.
    async fn read(&self, since: Instant) -> RedisResult<()> {
        let _turn = self.reading.lock().await;
        let fresh = |at: Instant| at > since || at.elapsed() < READING_PAUSE;
        if self.map().read_at.is_some_and(fresh) {
            return Ok(());
        }
        let slots = self.ask_around().await?;
        let mut map = self.map();
        let owners = slots.owners();
        map.nodes.retain(|host, _| owners.contains(host) || self.seeds.contains(host));
        *map = Map {
            slots,
            nodes: std::mem::take(&mut map.nodes),
            read_at: Some(Instant::now()),
            is_in_doubt: false,
        };
        Ok(())
    }

    /// Asks everybody who is known, at once, and takes the first answer: what is outdated in it, the
    /// servers put right when they are asked for it.
    async fn ask_around(&self) -> RedisResult<Slots> {
        let mut asked = JoinSet::new();
        {
            let mut map = self.map();
            let hosts = map.nodes.keys().chain(&self.seeds).cloned();
            for host in hosts.collect::<std::collections::HashSet<_>>() {
                let node = self.node(&mut map, &host)?;
                asked.spawn(async move { read_slots(&node, &host).await });
            }
        }
        let mut failure = nobody();
        while let Some(told) = asked.join_next().await {
            match told {
                Ok(Ok(slots)) => return Ok(slots),
                Ok(Err(error)) => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    fn needs_reading(&self) -> bool {
        self.is_in_doubt || self.read_at.is_none()
    }
}

async fn read_slots(node: &Node, host: &Host) -> RedisResult<Slots> {
    let told = node.send(&[redis::cmd("CLUSTER").arg("SLOTS").take()], Lane::Shared).await;
    let told = node::told(told)?.pop().unwrap_or(Value::Nil);
    Slots::read(told, host).ok_or_else(nobody)
}

fn next(error: &RedisError, told_by: &Host) -> Next {
    let to = || {
        let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
        let host = if host.is_empty() { &told_by.0 } else { host };
        Some((host.to_owned(), port.parse().ok()?))
    };
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::Moved) => to().map_or(Next::WaitAndRead, Next::Moved),
        ErrorKind::Server(ServerErrorKind::Ask) => to().map_or(Next::Wait, Next::Ask),
        ErrorKind::Server(ServerErrorKind::TryAgain) => Next::Wait,
        ErrorKind::Server(
            ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ReadOnly,
        ) => Next::WaitAndRead,
        _ => Next::End,
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(rand::random_range(PAUSE_MS))).await;
}

fn nobody() -> RedisError {
    untold(ErrorKind::ClusterConnectionNotFound, "nobody in the cluster tells who has which slot")
}
