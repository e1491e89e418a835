//! A cluster: each call goes to the server that has its slot, and follows it where it has gone.
//!
//! What was refused has changed nothing, so it is tried again, by whoever it is now up to, until the
//! call's time is over. What was sent and not answered may have been carried out: that is the
//! caller's to find out, and nothing is sent twice.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use super::{
    address::{Account, Host},
    failure,
    node::{self, Lane, Missed, Node},
    servers::{Servers, nobody},
    slots,
};

/// The pause before a call that has to wait is sent again, drawn by chance.
const PAUSE_MS: Range<u64> = 10..40;

/// A cluster of servers.
pub(super) struct Cluster {
    servers: Servers,
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
        Self { servers: Servers::new(seeds, account) }
    }

    /// All that take writes.
    pub(super) async fn primaries(&self) -> RedisResult<Vec<Arc<Node>>> {
        self.servers.primaries().await
    }

    /// Sends commands of one slot, one after the other over one connection. It gives up when the call
    /// does.
    pub(super) async fn send(&self, commands: &[Cmd], lane: Lane) -> RedisResult<Vec<Value>> {
        let Some(slot) = commands.first().and_then(slots::of) else {
            return self.send_to_any(commands, lane).await;
        };
        // Who is taking the slot over, for one try.
        let mut aside: Option<Host> = None;
        let mut moved = false;
        loop {
            let asked = Instant::now();
            let (host, told) = match aside.take() {
                Some(host) => (host.clone(), self.ask(&host, commands, lane).await),
                None => {
                    let (host, node) = self.servers.owner(slot).await?;
                    (host, node.send(commands, lane).await)
                }
            };
            let error = match told {
                Ok(told) => return Ok(told),
                Err(Missed::Failed(error)) => error,
                Err(Missed::Unreached(error)) => {
                    self.servers.read(asked).await?;
                    if self.servers.owner(slot).await?.0 == host {
                        return Err(error);
                    }
                    continue;
                }
            };
            match next(&error, &host) {
                Next::Moved(to) => {
                    self.servers.assign(slot, to);
                    // In a failover two may name each other.
                    if moved {
                        pause().await;
                    }
                    moved = true;
                }
                Next::Ask(to) => aside = Some(to),
                Next::Wait => pause().await,
                Next::WaitAndRead => {
                    pause().await;
                    self.servers.read(asked).await?;
                }
                Next::End => {
                    if failure::spoils(&error) {
                        self.servers.doubt();
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Sends what has no key to one that answers, beginning anywhere.
    async fn send_to_any(&self, commands: &[Cmd], lane: Lane) -> RedisResult<Vec<Value>> {
        let mut nodes = self.servers.primaries().await?;
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
        let node = self.servers.node(to).map_err(Missed::Unreached)?;
        let asking = [redis::cmd("ASKING")];
        let commands: Vec<Cmd> = asking.iter().chain(commands).cloned().collect();
        Ok(node.send(&commands, lane).await?.split_off(1))
    }
}

fn next(error: &RedisError, told_by: &Host) -> Next {
    let to = || {
        let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
        let host = if host.is_empty() { &told_by.0 } else { host };
        Some((host.to_owned(), port.parse().ok()?))
    };
    let ErrorKind::Server(kind) = error.kind() else { return Next::End };
    match kind {
        ServerErrorKind::Moved => to().map_or(Next::WaitAndRead, Next::Moved),
        ServerErrorKind::Ask => to().map_or(Next::Wait, Next::Ask),
        ServerErrorKind::TryAgain => Next::Wait,
        ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::BusyLoading
        | ServerErrorKind::ReadOnly => Next::WaitAndRead,
        _ => Next::End,
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(rand::random_range(PAUSE_MS))).await;
}
