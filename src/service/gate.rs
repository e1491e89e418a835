//! The gate before hashing: of the calls that are about one thing no more hash at once than can come to
//! anything. Of guesses at a challenge that is as many as can still count; of calls for a message to a
//! recipient one, as it changes what the next one finds. The others wait, and look at the record again
//! before they hash. So a flood at one challenge or one recipient costs a handful of hashes, and nobody
//! else waits behind it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, futures::OwnedNotified};

use crate::otp::{ChallengeId, RecipientKey};

/// Calls about one thing that may wait.
const WAITING: usize = 256;

/// What a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matter {
    /// It is a guess at this challenge.
    Guess(ChallengeId),
    /// It asks for a message to this recipient.
    Message(RecipientKey),
}

/// The gates of everything that calls are about.
#[derive(Default)]
pub struct Gates(Mutex<HashMap<Matter, Gate>>);

#[derive(Default)]
struct Gate {
    /// Calls before, in and behind it. With the last of them the gate goes.
    present: usize,
    hashing: u32,
    waiting: usize,
    /// Calls that are through. Who looked at the record before the last of them was may take attempts
    /// or messages to be left that are not.
    through: u64,
    moved: Arc<Notify>,
}

/// A call, from before it looks at the record until it is through.
pub struct Visit<'a> {
    gates: &'a Gates,
    matter: Matter,
    /// Calls that were through when it last looked at the record.
    seen: u64,
    hashing: bool,
}

/// What a call finds at the gate.
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
    matter: Matter,
}

impl Gates {
    /// A call comes.
    pub fn visit(&self, matter: Matter) -> Visit<'_> {
        self.lock().entry(matter).or_default().present += 1;
        Visit { gates: self, matter, seen: 0, hashing: false }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Matter, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, matter: Matter, change: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.lock();
        let gate = gates.entry(matter).or_default();
        let done = change(gate);
        if gate.present == 0 {
            gates.remove(&matter);
        }
        done
    }
}

impl<'a> Visit<'a> {
    /// To be told before each look at the record.
    pub fn look(&mut self) {
        self.seen = self.gates.change(self.matter, |gate| gate.through);
    }

    /// Wants to hash, after a look by which so many calls like it can come to anything. Who is in may
    /// hash again.
    pub fn enter(&mut self, room: u32) -> Entry<'a> {
        if self.hashing {
            return Entry::Open;
        }
        let (gates, matter, seen) = (self.gates, self.matter, self.seen);
        let entry = gates.change(matter, |gate| {
            if gate.through != seen {
                return Entry::Again;
            }
            if gate.hashing < room.max(1) {
                gate.hashing += 1;
                return Entry::Open;
            }
            if gate.waiting == WAITING {
                return Entry::Full;
            }
            gate.waiting += 1;
            // Made under the lock: a call that gets through after this wakes it.
            let moved = Arc::clone(&gate.moved).notified_owned();
            Entry::Wait(Turn { moved, place: Place { gates, matter } })
        });
        self.hashing = matches!(entry, Entry::Open);
        entry
    }
}

impl Turn<'_> {
    /// Resolves when a call before it is through.
    pub async fn come(self) {
        let Self { moved, place } = self;
        moved.await;
        drop(place);
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.gates.change(self.matter, |gate| {
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
        self.gates.change(self.matter, |gate| gate.waiting -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESS: Matter = Matter::Guess(ChallengeId([1; 32]));

    fn come<'a>(gates: &'a Gates, room: u32) -> (Visit<'a>, Entry<'a>) {
        let mut visit = gates.visit(GUESS);
        visit.look();
        let entry = visit.enter(room);
        (visit, entry)
    }

    #[tokio::test]
    async fn a_guess_waits_for_the_one_before_it() {
        let gates = Gates::default();
        let (first, Entry::Open) = come(&gates, 1) else { panic!("the gate was open") };
        let (mut second, Entry::Wait(turn)) = come(&gates, 1) else { panic!("one at a time") };
        let mut other = gates.visit(Matter::Guess(ChallengeId([2; 32])));
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
        let mut late = gates.visit(GUESS);
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
