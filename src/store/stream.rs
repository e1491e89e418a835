//! What readers of the event streams are told.
//!
//! Each partition has one stream. A reader's place in it is kept beside it, under the reader's name,
//! and lives as long as the stream: a new name begins with the oldest event that is kept.

use std::{fmt, str::FromStr};

use crate::otp::Time;

/// Who reads a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What for: whoever reads under one name shares one place in the stream.
    pub name: &'static str,
    /// Which stream.
    pub partition: u32,
    /// Random, of this process: tells it from the others of its name.
    pub holder: u64,
}

/// What a reader is told of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Another of the reader's name has it.
    ByAnother,
    /// What comes next; nothing if the reader has passed it all.
    Events {
        /// The events, oldest first.
        events: Vec<Recorded>,
        /// Events before them that the reader never passed and the stream's bound took away.
        lost: u64,
        /// The store's time.
        now: Time,
    },
}

/// An event in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub id: EventId,
    /// As it was committed.
    pub event: Vec<u8>,
}

/// An event's place in its stream. Later events have greater ones, and none has it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// When it was written.
    pub at: Time,
    /// Its number among those of the same millisecond.
    pub nth: u64,
    /// How many events its partition has ever had with it: what lies between two shows a loss.
    pub count: u64,
}

/// `<milliseconds>-<number>`, as Redis writes it.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.millis(), self.nth)
    }
}

impl EventId {
    /// Reads what `Display` writes.
    pub(super) fn parse(text: &str, count: u64) -> Option<Self> {
        let (millis, nth) = text.split_once('-')?;
        let at = Time::from_millis(u64::from_str(millis).ok()?);
        Some(Self { at, nth: nth.parse().ok()?, count })
    }
}
