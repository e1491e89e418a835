//! A server: one connection that all calls share, and some that a call has to itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::{Cmd, RedisError, RedisResult, Value};
use tokio::sync::Semaphore;

use super::kept::{Kept, Way};

/// Connections that may be had alone, at most. Each is taken for about one round trip to a replica,
/// so at a millisecond they carry ten thousand calls a second.
const OWN: usize = 16;

/// Which connection a call takes.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// The one of all.
    Shared,
    /// One that nobody else has meanwhile: for a call that holds up what comes after it.
    Own,
}

/// Why a call brought nothing.
pub(super) enum Missed {
    /// There was no connection, so nothing was sent.
    Unreached(RedisError),
    /// It was sent, and may have been carried out.
    Failed(RedisError),
}

/// A server, or the master that stands in its place.
pub(super) struct Node {
    way: Way,
    shared: Kept,
    idle: Mutex<Vec<Kept>>,
    room: Semaphore,
}

impl Node {
    pub(super) fn new(way: Way) -> Self {
        let shared = Kept::new(way.clone());
        Self { way, shared, idle: Mutex::default(), room: Semaphore::new(OWN) }
    }

    /// Sends commands, one after the other over one connection, and waits for what they bring.
    pub(super) async fn send(&self, commands: &[Cmd], lane: Lane) -> Result<Vec<Value>, Missed> {
        match lane {
            Lane::Shared => send(&self.shared, commands).await,
            Lane::Own => {
                // It is never closed.
                let _room = self.room.acquire().await;
                let own = self.idle().pop().unwrap_or_else(|| Kept::new(self.way.clone()));
                let told = send(&own, commands).await;
                // One whose call was given up on is not put back: its answer may still come.
                self.idle().push(own);
                told
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(kept: &Kept, commands: &[Cmd]) -> Result<Vec<Value>, Missed> {
    let live = kept.live().await.map_err(Missed::Unreached)?;
    live.send(commands).await.map_err(Missed::Failed)
}

impl From<Missed> for RedisError {
    fn from((Missed::Unreached(error) | Missed::Failed(error)): Missed) -> Self {
        error
    }
}

/// What a server brought, if it brought anything.
pub(super) fn told(told: Result<Vec<Value>, Missed>) -> RedisResult<Vec<Value>> {
    told.map_err(RedisError::from)
}
