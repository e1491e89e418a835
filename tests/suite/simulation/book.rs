//! What callers and people know: the challenges they were told of, the messages that came, and what
//! each call was told first.

use std::collections::BTreeMap;

use pombo::otp::{ChallengeId, Channel, Code};

use super::{calls::Ask, laws::Again};

/// A challenge that a caller was told of.
#[derive(Clone, Debug)]
pub struct Case {
    pub challenge: ChallengeId,
    pub flow: usize,
    pub phone: usize,
    pub payment: Option<u8>,
}

/// A message on a phone.
#[derive(Clone, Debug)]
pub struct Note {
    pub challenge: ChallengeId,
    pub code: Code,
    pub channel: Channel,
    pub sender: &'static str,
    pub message_id: String,
}

/// Guesses at one challenge.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guesses {
    /// Different ones that were made.
    pub asked: u32,
    /// That were told to be wrong.
    pub counted: u32,
    /// That were told to be right, but for replays.
    pub verified: u32,
}

/// The first answer to a name.
#[derive(Clone, Debug)]
pub struct First {
    pub changed: bool,
    pub told: Again,
}

#[derive(Default)]
pub struct Book {
    pub cases: Vec<Case>,
    pub notes: Vec<Note>,
    pub guesses: BTreeMap<ChallengeId, Guesses>,
    pub first: BTreeMap<String, First>,
    /// Calls that may be made again.
    pub asks: Vec<Ask>,
    /// Names given so far.
    pub names: u64,
}

impl Book {
    /// Takes in a challenge, if it is new.
    pub fn meet(&mut self, case: Case) {
        if self.cases.iter().all(|it| it.challenge != case.challenge) {
            self.cases.push(case);
        }
    }

    /// Whether a call by this name was made before.
    pub fn knows(&self, ask: &Ask) -> bool {
        !ask.key.is_empty() && self.asks.iter().any(|it| it.key == ask.key)
    }

    /// Keeps a call that may be made again.
    pub fn keep(&mut self, ask: &Ask) {
        if !ask.key.is_empty() && !self.knows(ask) {
            self.asks.push(ask.clone());
        }
    }

    pub fn name(&mut self, of: &str) -> String {
        self.names += 1;
        format!("{of} {}", self.names)
    }

    /// The codes that came for a challenge, in any of its messages.
    pub fn codes(&self, challenge: &ChallengeId) -> Vec<Code> {
        let notes = self.notes.iter().filter(|note| note.challenge == *challenge);
        notes.map(|note| note.code.clone()).collect()
    }
}
