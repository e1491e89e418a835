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
    /// Guesses before, in and behind it. With the last of them the gate goes.
    present: usize,
    hashing: u32,
    waiting: usize,
    /// Guesses that are through. Who looked at the record before the last of them was may take
    /// attempts to be left that are not.
    through: u64,
    moved: Arc<Notify>,
}

/// A guess at a challenge, from before it looks at the record until it is through.
pub struct Visit<'a> {
    gates: &'a Gates,
    challenge: ChallengeId,
    /// Guesses that were through when it last looked at the record.
    seen: u64,
    hashing: bool,
}

/// What a guess finds at the gate.
pub enum Entry<'a> {
    /// It may hash, until its visit ends.
    Open,
    /// It has to look at the record again: another one got through since.
    Again,
    /// It has to wait, then look at the record again.
    Wait(Turn<'a>),
    /// Too many are waiting.
    Full,
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
    /// A guess comes to a challenge.
    pub fn visit(&self, challenge: ChallengeId) -> Visit<'_> {
        self.lock().entry(challenge).or_default().present += 1;
        Visit { gates: self, challenge, seen: 0, hashing: false }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChallengeId, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, challenge: ChallengeId, change: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.lock();
        let gate = gates.entry(challenge).or_default();
        let done = change(gate);
        if gate.present == 0 {
            gates.remove(&challenge);
        }
        done
    }
}

impl<'a> Visit<'a> {
    /// To be told before each look at the record.
    pub fn look(&mut self) {
        self.seen = self.gates.change(self.challenge, |gate| gate.through);
    }

    /// Wants to hash, after a look by which `attempts_left` guesses can still count.
    pub fn enter(&mut self, attempts_left: u32) -> Entry<'a> {
        let (gates, challenge, seen) = (self.gates, self.challenge, self.seen);
        let entry = gates.change(challenge, |gate| {
            if gate.through != seen {
                return Entry::Again;
            }
            if gate.hashing < attempts_left.max(1) {
                gate.hashing += 1;
                return Entry::Open;
            }
            if gate.waiting == WAITING {
                return Entry::Full;
            }
            gate.waiting += 1;
            // Made under the lock: a guess that gets through after this wakes it.
            let moved = Arc::clone(&gate.moved).notified_owned();
            Entry::Wait(Turn { moved, place: Place { gates, challenge } })
        });
        self.hashing |= matches!(entry, Entry::Open);
        entry
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

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.gates.change(self.challenge, |gate| {
            gate.present -= 1;
            if self.hashing {
                gate.hashing -= 1;
                gate.through += 1;
                gate.moved.notify_waiters();
            }
        });
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gates.change(self.challenge, |gate| gate.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: ChallengeId = ChallengeId([1; 32]);

    fn come<'a>(gates: &'a Gates, attempts_left: u32) -> (Visit<'a>, Entry<'a>) {
        let mut visit = gates.visit(CHALLENGE);
        visit.look();
        let entry = visit.enter(attempts_left);
        (visit, entry)
    }

    #[tokio::test]
    async fn a_guess_waits_for_the_one_before_it() {
        let gates = Gates::default();
        let (first, Entry::Open) = come(&gates, 1) else { panic!("the gate was open") };
        let (mut second, Entry::Wait(turn)) = come(&gates, 1) else { panic!("one at a time") };
        let mut other = gates.visit(ChallengeId([2; 32]));
        other.look();
        assert!(matches!(other.enter(1), Entry::Open));
        drop((first, other));
        turn.come().await;
        second.look();
        assert!(matches!(second.enter(1), Entry::Open));
        drop(second);
        assert!(gates.lock().is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn what_was_seen_before_another_got_through_is_seen_again() {
        let gates = Gates::default();
        let mut late = gates.visit(CHALLENGE);
        late.look();
        drop(come(&gates, 2));
        let Entry::Again = late.enter(2) else { panic!("one of the two attempts may be used") };
        late.look();
        assert!(matches!(late.enter(1), Entry::Open));
    }

    #[test]
    fn the_waiting_are_bounded() {
        let gates = Gates::default();
        let _open = come(&gates, 1);
        let waiting: Vec<_> = (0..WAITING).map(|_| come(&gates, 1)).collect();
        assert!(matches!(come(&gates, 1).1, Entry::Full));
        drop(waiting);
        assert!(matches!(come(&gates, 1).1, Entry::Wait(_)));
    }
}
