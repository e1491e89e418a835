//! What must hold, whatever happens. The first breach ends a run.

mod records;

mod bounds;

mod ends;

mod answers;

mod tries;

mod lasting;

mod paid;

use std::sync::{Mutex, PoisonError};

pub use answers::{Again, Told};

/// The laws, by what they promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Issued = the sum of conclusions + live, in the record, in the counters and as callers saw it.
    Conservation,
    /// A conclusion is final.
    Finality,
    /// One VERIFIED that is not a replay, for a right code.
    OneVerified,
    /// As many guesses are compared as the budget says, each that is told counts, and counts once.
    Attempts,
    /// A code of any message verifies while its challenge is live.
    RightCode,
    /// No try starts without a look that came after its message was queued, nor after one that came
    /// after a conclusion.
    LookFirst,
    /// A message's digest is stored before the message is sent.
    DigestFirst,
    /// A record with a live challenge has one alarm, on time; another has none.
    OneAlarm,
    /// The failure ledger and the list of messages lose nothing but what is too old to count.
    Memory,
    /// No more messages than the limits allow; a code works in its time and outside of locks only;
    /// what is concluded keeps no digest and, with none live, no number.
    Bounds,
    /// A delivery's status moves forward only.
    Forward,
    /// A retry is answered like the first call.
    Alike,
    /// Where replicas are waited for, a guess or a cancel is told of no counted guess and no
    /// conclusion that they may not have.
    Lasting,
    /// A text message is charged by the rules against toll fraud before a try of it starts, and stays
    /// charged unless a code of its challenge is given back or no provider took it. In the end nothing else
    /// is, but what a commit promised and nobody came to try. (By budgets and cap: a breaker charges the few
    /// that it lets through, which nobody else counts.)
    Paid,
    /// Every challenge ends, and whatever else is due is done, within its time, a lease and a scan of
    /// a healthy service.
    Punctual,
    /// Nothing panics and nothing is left behind: no task that hangs, and after its time no record.
    Clean,
}

/// A breach.
#[derive(Clone, Debug)]
pub struct Breach {
    pub law: Law,
    pub what: String,
}

/// Where breaches are told.
#[derive(Default)]
pub struct Court(Mutex<Option<Breach>>);

impl Court {
    /// Something must be so.
    pub fn require(&self, law: Law, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| Breach { law, what: what() });
        }
    }

    /// The first breach, if there was one.
    pub fn breach(&self) -> Option<Breach> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
