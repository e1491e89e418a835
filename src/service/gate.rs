//! The gate before hashing: of one challenge no more guesses are hashed at once than can still
//! count. The others wait, and look at the record again before they hash. So a flood of guesses at
//! one challenge costs a handful of hashes, and nobody else waits behind it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, futures::OwnedNotified};

use crate::otp::ChallengeId;

/// Guesses at one challenge that may wait.
const WAITING: usize = 256;

/// The gates of all challenges that are being guessed at.
#[derive(Default)]
pub struct Gates(Mutex<HashMap<ChallengeId, Gate>>);

#[derive(Default)]
struct Gate {
    hashing: u32,
    waiting: usize,
    moved: Arc<Notify>,
}

/// What a guess finds at the gate.
pub enum Entry<'a> {
    /// It may hash, until the permit is dropped.
    Open(Permit<'a>),
    /// It has to wait, then load the record again.
    Wait(Turn<'a>),
    /// Too many are waiting.
    Full,
}

/// The right to hash one guess.
pub struct Permit<'a> {
    gates: &'a Gates,
    challenge: ChallengeId,
}

/// A place among the waiting.
pub struct Turn<'a> {
    moved: OwnedNotified,
    place: Place<'a>,
}

struct Place<'a> {
    gates: &'a Gates,
    challenge: ChallengeId,
}

impl Gates {
    /// Comes to the gate of a challenge, of which `attempts_left` guesses can still count.
    pub fn enter(&self, challenge: ChallengeId, attempts_left: u32) -> Entry<'_> {
        let mut gates = self.lock();
        let gate = gates.entry(challenge).or_default();
        if gate.hashing < attempts_left.max(1) {
            gate.hashing += 1;
            Entry::Open(Permit { gates: self, challenge })
        } else if gate.waiting < WAITING {
            gate.waiting += 1;
            // Made under the lock: a permit dropped after it wakes this one.
            let moved = Arc::clone(&gate.moved).notified_owned();
            Entry::Wait(Turn { moved, place: Place { gates: self, challenge } })
        } else {
            Entry::Full
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChallengeId, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, challenge: ChallengeId, change: impl FnOnce(&mut Gate)) {
        let mut gates = self.lock();
        if let Some(gate) = gates.get_mut(&challenge) {
            change(gate);
            if gate.hashing == 0 && gate.waiting == 0 {
                gates.remove(&challenge);
            }
        }
    }
}

impl Turn<'_> {
    /// Resolves when a guess before it is through.
    pub async fn come(self) {
        let Self { moved, place } = self;
        moved.await;
        drop(place);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.gates.leave(self.challenge, |gate| {
            gate.hashing -= 1;
            gate.moved.notify_waiters();
        });
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gates.leave(self.challenge, |gate| gate.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: ChallengeId = ChallengeId([1; 32]);

    #[tokio::test]
    async fn a_guess_waits_for_the_one_before_it() {
        let gates = Gates::default();
        let Entry::Open(first) = gates.enter(CHALLENGE, 1) else { panic!("the gate was open") };
        let Entry::Wait(second) = gates.enter(CHALLENGE, 1) else { panic!("one at a time") };
        assert!(matches!(gates.enter(ChallengeId([2; 32]), 1), Entry::Open(_)));
        drop(first);
        second.come().await;
        assert!(matches!(gates.enter(CHALLENGE, 1), Entry::Open(_)));
        assert!(gates.lock().is_empty(), "nothing is left behind");
    }

    #[test]
    fn the_waiting_are_bounded() {
        let gates = Gates::default();
        let _open = gates.enter(CHALLENGE, 1);
        let waiting: Vec<_> = (0..WAITING).map(|_| gates.enter(CHALLENGE, 1)).collect();
        assert!(matches!(gates.enter(CHALLENGE, 1), Entry::Full));
        drop(waiting);
        assert!(matches!(gates.enter(CHALLENGE, 1), Entry::Wait(_)));
    }
}
