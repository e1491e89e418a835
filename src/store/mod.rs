//! The store: one versioned record a recipient, committed by compare-and-swap together with its
//! alarm, its counters and its event records. No rule of the business lives here.
//!
//! [`memory`] and [`redis`] behave alike; one conformance suite holds both to it.

pub mod record;

pub mod memory;

pub mod redis;

mod stream;

mod bounds;

mod gcra;

mod open;

use std::time::Duration;

use async_trait::async_trait;

use crate::otp::{DeliveryRef, MessageTag, OperationId, RecipientKey, Time};

pub use open::{Certificates, OpenError, Settings, Sight, Visit, look, open};
pub use stream::{EventId, Followed, Reader, Recorded};

/// Where records live. Every call is bounded in time by the implementation and fails rather than
/// waits.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The record of a recipient, its version, and the store's time. A record that is not there has
    /// version 0 and no bytes.
    async fn load(&self, key: &RecipientKey) -> Result<Loaded, StoreError>;

    /// Writes the next version if the record still has the expected one, with its alarm, counters
    /// and events: all or nothing.
    ///
    /// An error leaves open whether it was applied; load again to see.
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError>;

    /// Alarms that are due, over all partitions, at most `most`, earliest first within a partition.
    /// Each is put back by `lease`, so that other replicas leave it alone for so long; the commit
    /// that follows sets the true next alarm.
    async fn claim(&self, lease: Duration, most: usize) -> Result<Vec<Due>, StoreError>;

    /// Charges a counter by the generic cell rate algorithm, in every window or in none. The same
    /// operation is charged once, whoever asks, and told the same again, until the longest window has
    /// passed.
    async fn charge(&self, charge: &Charge) -> Result<Charged, StoreError>;

    /// Remembers which delivery a provider's message belongs to, for `ttl`.
    async fn remember(
        &self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
    ) -> Result<(), StoreError>;

    /// The delivery of a provider's message, if remembered.
    async fn find(&self, message: &MessageTag) -> Result<Option<DeliveryRef>, StoreError>;

    /// The sum of a counter over all partitions.
    async fn counter(&self, name: &str) -> Result<i64, StoreError>;

    /// The partitions of the event streams are numbered from 0 to one less than this.
    fn partitions(&self) -> u32;

    /// The partition to whose stream a recipient's events go.
    fn partition_of(&self, key: &RecipientKey) -> u32;

    /// What a stream holds that its reader has not passed yet, oldest first, at most `most`.
    ///
    /// As long as something is left, the reader has the stream to itself: for `lease` from now on
    /// others of its name are told [`Followed::ByAnother`]. Once nothing is left it is free again.
    async fn follow(
        &self,
        reader: &Reader,
        lease: Duration,
        most: usize,
    ) -> Result<Followed, StoreError>;

    /// Remembers that a reader is done with everything up to and with this event, and renews its
    /// lease. False, and nothing changed, if the stream has become another's.
    async fn pass(
        &self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
    ) -> Result<bool, StoreError>;

    /// Whether it waits for replicas where a commit wants it.
    fn waits_for_replicas(&self) -> bool {
        false
    }

    /// Whether the store answers, and is still set up as it was when it was opened. Asked every second,
    /// so that a store that has forgotten how it was set up is not served for longer than that.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A record as it was found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The record's bytes; `None` if there is no record.
    pub blob: Option<Vec<u8>>,
    /// Its version, 0 if there is none.
    pub version: u64,
    /// The store's time.
    pub now: Time,
}

/// A record as it shall be.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Whose.
    pub key: RecipientKey,
    /// The version it was loaded with. The new version is one more.
    pub expected: u64,
    /// The new bytes.
    pub blob: Vec<u8>,
    /// How long the record lives from now on.
    pub ttl: Duration,
    /// When somebody must look at it next; `None` removes it from the schedule.
    pub alarm: Option<Time>,
    /// What to add to the partition's counters.
    pub counters: Vec<(String, i64)>,
    /// What to append to the partition's event stream,
    pub events: Vec<Vec<u8>>,
    /// and how long that is there to be read.
    pub events_ttl: Duration,
    /// Whether it counts only once as many replicas have it as the store was opened with. An error
    /// then leaves open, too, whether it lasts.
    pub replicated: bool,
}

/// What became of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Written.
    Done,
    /// Somebody else wrote in the meantime; nothing was changed.
    Conflict,
}

/// An alarm that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose record.
    pub key: RecipientKey,
    /// When it was to be looked at.
    pub at: Time,
    /// The store's time when it was claimed.
    pub now: Time,
}

/// A charge against a counter that many recipients share.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The counter: a keyed hash, so that the store holds no address and no name.
    pub counter: [u8; 16],
    /// `count` per `length`, with bursts of `count`. No two of one length: a window is known by it. If its
    /// count changes, what it holds stays, as far as the new count allows.
    pub windows: Vec<(u32, Duration)>,
    /// How much; anything below zero gives back what the operation was charged, whatever that was, in the
    /// windows that it was charged in.
    pub cost: i32,
    /// What it is charged for.
    pub operation: OperationId,
    /// Who relies on it, where several may charge for one operation: what one of them gives back
    /// stays charged while another relies on it. What nobody in particular gives back is given back
    /// for all.
    pub holder: Option<Holder>,
}

/// Somebody who relies on a charge: random.
pub type Holder = [u8; 8];

/// What became of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// Within the limit.
    Allowed,
    /// Over the limit; nothing was charged. Who waits this long is within it, if nobody else comes.
    Refused(Duration),
}

/// The store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached or refuses to work.
    #[error("the store is out of reach: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// It wrote, but too few replicas acknowledged that in time.
    #[error("{by} of {of} replicas acknowledged a write in time (store.wait_replicas)")]
    Unacknowledged {
        /// As many did.
        by: u32,
        /// As many must.
        of: u32,
    },
    /// It holds what this version can't read.
    #[error("the store holds a record that this version can't read: {0}")]
    Unreadable(String),
}
