//! Hashing, off the async threads: as many at once as there are cores, in fair turns. Only a hash that
//! is quicker than a change of threads is made where it is asked for.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::Fault;
use crate::{
    delivery::turns::Turns,
    insight,
    otp::{Profile, digest::Workspace},
};

/// The longest that a caller's hash waits behind its others. A caller is better told to come back than
/// to wait longer.
const LONGEST: Duration = Duration::from_secs(1);

/// Microseconds of a hash on a slow core (`balanced`, `owasp`), until it is known better.
const AT_FIRST: [u64; 2] = [2_000, 50_000];

/// Who waits. A flood of guesses sheds guesses, and no message that was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Guesses.
    Guesses,
    /// Fresh codes.
    Draws,
}

/// Runs hashes.
pub struct Hasher {
    turns: Turns<(Queue, Option<String>)>,
    /// One for each hash at once.
    workspaces: Arc<Mutex<Vec<Workspace>>>,
    /// How long a hash of the profiles that wait for a turn took of late, in microseconds.
    took: [AtomicU64; 2],
}

impl Hasher {
    /// As many threads as cores.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let turns = Turns::new(cores);
        Self { turns, workspaces: Arc::default(), took: AT_FIRST.map(AtomicU64::new) }
    }

    /// Runs one hash of this profile for a caller, or sheds it. For nobody's call (a fallback, say)
    /// none is shed: how many of these there are is bounded where they begin. Nor is anything hashed
    /// for who is `gone` before its turn.
    pub async fn run<T: Send + 'static>(
        &self,
        queue: Queue,
        caller: Option<&str>,
        gone: &CancellationToken,
        profile: Profile,
        hash: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        if profile == Profile::Keyed {
            return Ok(measured(profile, || hash(&mut Workspace::default())).0);
        }
        let takes = caller.map_or(Duration::ZERO, |_| self.takes(profile));
        let turn = self.turns.come((queue, caller.map(str::to_owned)), takes, LONGEST);
        let turn = gone.run_until_cancelled(turn).await.ok_or(Fault::Abandoned)?;
        let _turn = turn.ok_or(Fault::Overloaded)?;
        let workspaces = Arc::clone(&self.workspaces);
        let work = tokio::task::spawn_blocking(move || {
            let mut workspace = lock(&workspaces).pop().unwrap_or_default();
            let made = measured(profile, || hash(&mut workspace));
            lock(&workspaces).push(workspace);
            made
        });
        let (made, took) = work.await.map_err(|_| Fault::Overloaded)?;
        self.learn(profile, took);
        Ok(made)
    }

    fn takes(&self, profile: Profile) -> Duration {
        Duration::from_micros(self.took[profile as usize].load(Ordering::Relaxed))
    }

    /// Each counts for an eighth, so that a hiccup does not turn anybody away. Of two that are learnt
    /// at once one may be lost, which is no harm.
    fn learn(&self, profile: Profile, took: Duration) {
        let known = &self.took[profile as usize];
        let before = known.load(Ordering::Relaxed);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        known.store(before - before / 8 + took / 8, Ordering::Relaxed);
    }
}

fn lock(workspaces: &Mutex<Vec<Workspace>>) -> MutexGuard<'_, Vec<Workspace>> {
    workspaces.lock().unwrap_or_else(PoisonError::into_inner)
}

fn measured<T>(profile: Profile, hash: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = hash();
    let took = start.elapsed();
    insight::metrics::hashed(profile, took);
    (made, took)
}
