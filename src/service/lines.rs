//! Lines: of the calls about one recipient a replica works on one at a time. They all write to one record,
//! so side by side they would only stand in each other's way; and who floods one number with calls, for
//! signups or with guesses, would keep its owner from ever getting a word in.
//!
//! Whoever comes waits behind those who are about the same challenge, or the same caller's, purpose's and
//! subject's; and these have their turns one after another. The record is looked at once it is one's
//! turn, so of many guesses no more are hashed than can count. What providers tell and alarms pass by:
//! they keep what was promised.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    delivery::turns::{Turn, Turns},
    otp::{ChallengeId, Event, RecipientKey, ledger::FlowKey},
};

/// What a turn is taken to last, which is more than a look and a commit do,
const TAKES: Duration = Duration::from_micros(3_900);

/// and how long one waits behind one's like: 256 turns. A caller is better told to come back.
const LONGEST: Duration = Duration::from_secs(1);

/// Calls about one record, whatever they are about: of the seats of a caller that are two of three, so
/// that a flood for one number leaves its others some.
const MOST: usize = 512;

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A challenge.
    Challenge(ChallengeId),
    /// The challenge of this caller, purpose and subject, be there one or not.
    Flow(FlowKey),
}

/// The lines of all records that calls are about.
#[derive(Default)]
pub struct Lines(Mutex<HashMap<RecipientKey, Line>>);

struct Line {
    turns: Arc<Turns<Matter>>,
    /// Calls in it. With the last of them it goes.
    present: usize,
}

/// A call's place in a line.
pub struct Place<'a> {
    lines: &'a Lines,
    record: RecipientKey,
    turns: Arc<Turns<Matter>>,
}

impl Matter {
    /// What an event is about, if it is a call that may write.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Issue(issue) => Some(Self::Flow(issue.flow.clone())),
            Event::Resend { challenge, .. }
            | Event::Guess { challenge, .. }
            | Event::Cancel { challenge, .. }
            | Event::Report { challenge, .. } => Some(Self::Challenge(*challenge)),
            Event::Look { .. } | Event::Progress(_) | Event::NotRequested { .. } | Event::Alarm => {
                None
            }
        }
    }
}

impl Lines {
    /// A call about a record comes; `None` where there are too many.
    pub fn enter(&self, record: RecipientKey) -> Option<Place<'_>> {
        let mut lines = self.lock();
        let new = || Line { turns: Arc::new(Turns::new(1)), present: 0 };
        let line = lines.entry(record).or_insert_with(new);
        if line.present == MOST {
            return None;
        }
        line.present += 1;
        Some(Place { lines: self, record, turns: Arc::clone(&line.turns) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RecipientKey, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Resolves once it is this call's turn; to `None` at once where too many wait for the same.
    pub async fn come(&self, matter: Matter) -> Option<Turn<'_, Matter>> {
        self.turns.come(matter, TAKES, LONGEST).await
    }

    /// Nobody who is here now waits any longer: the store does not answer, and each shall hear so by
    /// itself and not after all the others.
    pub fn open(&self) {
        self.turns.call_all();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.lines.lock();
        if let Some(line) = lines.get_mut(&self.record) {
            line.present -= 1;
            if line.present == 0 {
                lines.remove(&self.record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const RECORD: RecipientKey = RecipientKey([1; 16]);

    fn guess(challenge: u8) -> Matter {
        Matter::Challenge(ChallengeId([challenge; 32]))
    }

    async fn waits(call: impl Future<Output = Option<Turn<'_, Matter>>>) -> bool {
        timeout(Duration::ZERO, call).await.is_err()
    }

    #[tokio::test]
    async fn one_call_about_a_record_is_worked_on_at_a_time() {
        let lines = Lines::default();
        let (first, second) = (lines.enter(RECORD).unwrap(), lines.enter(RECORD).unwrap());
        let other = lines.enter(RecipientKey([2; 16])).unwrap();
        let turn = first.come(guess(1)).await.unwrap();
        assert!(other.come(guess(2)).await.is_some(), "another record has a line of its own");
        assert!(waits(second.come(guess(3))).await);
        drop(turn);
        assert!(second.come(guess(3)).await.is_some());
        drop((first, second, other));
        assert!(lines.lock().is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn of_one_matter_256_wait_and_the_others_still_may() {
        let lines = Lines::default();
        let place = lines.enter(RECORD).unwrap();
        let _turn = place.come(guess(1)).await;
        let mut waiting: Vec<_> = (0..256).map(|_| Box::pin(place.come(guess(1)))).collect();
        for call in &mut waiting {
            assert!(timeout(Duration::ZERO, call).await.is_err());
        }
        assert!(place.come(guess(1)).await.is_none());
        assert!(waits(place.come(guess(2))).await);
    }

    #[tokio::test]
    async fn a_line_that_is_opened_lets_all_go_on_and_is_a_line_again_after_them() {
        let lines = Lines::default();
        let place = lines.enter(RECORD).unwrap();
        let turn = place.come(guess(1)).await;
        let mut waiting = [1, 1, 2].map(|it| Box::pin(place.come(guess(it))));
        for call in &mut waiting {
            assert!(timeout(Duration::ZERO, call).await.is_err());
        }
        place.open();
        let mut late = Box::pin(place.come(guess(3)));
        assert!(timeout(Duration::ZERO, &mut late).await.is_err(), "who comes now waits");
        let mut turns = vec![turn.unwrap()];
        for call in waiting {
            turns.push(call.await.unwrap());
        }
        while turns.len() > 1 {
            drop(turns.pop());
            assert!(timeout(Duration::ZERO, &mut late).await.is_err(), "there are others still");
        }
        drop(turns);
        let _turn = late.await.unwrap();
        assert!(waits(place.come(guess(2))).await);
    }

    #[tokio::test]
    async fn a_record_takes_so_many_calls_and_no_more() {
        let lines = Lines::default();
        let places: Vec<_> = (0..MOST).map(|_| lines.enter(RECORD).unwrap()).collect();
        assert!(lines.enter(RECORD).is_none());
        assert!(lines.enter(RecipientKey([2; 16])).is_some());
        drop(places);
        assert!(lines.enter(RECORD).is_some());
    }
}
