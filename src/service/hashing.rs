//! Hashing, off the async threads: as many at once as there are cores, bounded queues before them.
//! Only a hash that is quicker than a change of threads is made where it is asked for.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use tokio::sync::Semaphore;

use super::Fault;
use crate::{insight, otp::Profile};

/// Hashes that may wait in each queue. At the default profile the last of them waits for a quarter
/// of a second on two cores; a caller is better told to come back than to wait longer.
const WAITING: usize = 1024;

/// Who waits. A flood of guesses sheds guesses, and no message that was promised.
#[derive(Clone, Copy)]
pub enum Queue {
    /// Guesses.
    Guesses,
    /// Fresh codes.
    Draws,
}

/// Runs hashes.
pub struct Hasher {
    cores: Semaphore,
    guesses: AtomicUsize,
    draws: AtomicUsize,
}

impl Hasher {
    /// As many threads as cores.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            cores: Semaphore::new(cores),
            guesses: AtomicUsize::new(0),
            draws: AtomicUsize::new(0),
        }
    }

    /// Runs one hash of this profile, or sheds it.
    pub async fn run<T: Send + 'static>(
        &self,
        queue: Queue,
        profile: Profile,
        hash: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        if profile == Profile::Keyed {
            return Ok(measured(profile, hash));
        }
        let _queued = Queued::enter(match queue {
            Queue::Guesses => &self.guesses,
            Queue::Draws => &self.draws,
        })?;
        let _core = self.cores.acquire().await.map_err(|_| Fault::Overloaded)?;
        let work = tokio::task::spawn_blocking(move || measured(profile, hash));
        work.await.map_err(|_| Fault::Overloaded)
    }
}

fn measured<T>(profile: Profile, hash: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = hash();
    insight::metrics::hashed(profile, start.elapsed());
    made
}

/// A place in the queue, left when dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, Fault> {
        let place = Self(waiting);
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        if before < WAITING { Ok(place) } else { Err(Fault::Overloaded) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
