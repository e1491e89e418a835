//! The servers of a cluster: which has which slot, as far as is known, and who can be asked.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::{sync, task::JoinSet};

use super::{
    address::{Account, Host},
    failure::untold,
    kept::Way,
    node::{self, Lane, Node},
    slots::Slots,
};

/// The map is not read more often than this.
const READING_PAUSE: Duration = Duration::from_millis(50);

/// Those who are known, and what is known of them.
pub(super) struct Servers {
    seeds: Vec<Host>,
    account: Account,
    map: Mutex<Map>,
    /// Of those who want the map read again, one reads it.
    reading: sync::Mutex<()>,
}

#[derive(Default)]
struct Map {
    slots: Slots,
    nodes: HashMap<Host, Arc<Node>>,
    read_at: Option<Instant>,
    is_in_doubt: bool,
}

impl Servers {
    pub(super) fn new(seeds: Vec<Host>, account: Account) -> Self {
        Self { seeds, account, map: Mutex::default(), reading: sync::Mutex::default() }
    }

    /// Who has a slot.
    pub(super) async fn owner(&self, slot: u16) -> RedisResult<(Host, Arc<Node>)> {
        self.read_if_needed().await?;
        let mut map = self.map();
        let host = map.slots.owner(slot).cloned().ok_or_else(nobody)?;
        let node = self.node_in(&mut map, &host)?;
        Ok((host, node))
    }

    /// All that have slots.
    pub(super) async fn primaries(&self) -> RedisResult<Vec<Arc<Node>>> {
        self.read_if_needed().await?;
        let mut map = self.map();
        let owners = map.slots.owners();
        owners.iter().map(|host| self.node_in(&mut map, host)).collect()
    }

    /// A server that another has told of.
    pub(super) fn node(&self, host: &Host) -> RedisResult<Arc<Node>> {
        self.node_in(&mut self.map(), host)
    }

    /// Notes who has a slot now.
    pub(super) fn assign(&self, slot: u16, host: Host) {
        self.map().slots.assign(slot, host);
    }

    /// A call was lost: whoever it went to may be down, and another in its place.
    pub(super) fn doubt(&self) {
        self.map().is_in_doubt = true;
    }

    /// Reads who has which slot, unless somebody has since.
    pub(super) async fn read(&self, since: Instant) -> RedisResult<()> {
        let _turn = self.reading.lock().await;
        let is_fresh = |at: Instant| at > since || at.elapsed() < READING_PAUSE;
        if self.map().read_at.is_some_and(is_fresh) {
            return Ok(());
        }
        let slots = self.ask_around().await?;
        let owners = slots.owners();
        let mut map = self.map();
        map.nodes.retain(|host, _| owners.contains(host) || self.seeds.contains(host));
        map.slots = slots;
        map.read_at = Some(Instant::now());
        map.is_in_doubt = false;
        Ok(())
    }

    async fn read_if_needed(&self) -> RedisResult<()> {
        let is_needed = {
            let map = self.map();
            map.is_in_doubt || map.read_at.is_none()
        };
        if is_needed { self.read(Instant::now()).await } else { Ok(()) }
    }

    /// Asks everybody who is known, at once, and takes the first answer: what is outdated in it, the
    /// servers put right when they are asked for it.
    async fn ask_around(&self) -> RedisResult<Slots> {
        let mut asked = JoinSet::new();
        for host in self.known() {
            let node = self.node(&host)?;
            asked.spawn(async move { read_slots(&node, &host).await });
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

    fn known(&self) -> HashSet<Host> {
        self.map().nodes.keys().chain(&self.seeds).cloned().collect()
    }

    fn node_in(&self, map: &mut Map, host: &Host) -> RedisResult<Arc<Node>> {
        if let Some(node) = map.nodes.get(host) {
            return Ok(Arc::clone(node));
        }
        let node = Arc::new(Node::new(Way::Server(self.account.client(host)?.into())));
        map.nodes.insert(host.clone(), Arc::clone(&node));
        Ok(node)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_slots(node: &Node, host: &Host) -> RedisResult<Slots> {
    let told = node.send(&[redis::cmd("CLUSTER").arg("SLOTS").take()], Lane::Shared).await;
    let told = node::told(told)?.pop().unwrap_or(Value::Nil);
    Slots::read(told, host).ok_or_else(nobody)
}

/// That nobody is known to have a slot.
pub(super) fn nobody() -> RedisError {
    untold(ErrorKind::ClusterConnectionNotFound, "nobody in the cluster tells who has which slot")
}
