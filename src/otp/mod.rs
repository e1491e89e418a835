//! The domain: what a challenge is and how it changes.
//!
//! Everything here is pure. Time, randomness, codes and verdicts of shared limits come in as
//! arguments; what is to be sent and told goes out as values. There is no I/O, no clock and no
//! async code in these files, and they use nothing of the rest of the house.
//!
//! Read `recipient` for the machine; the other modules are the words it speaks.

pub mod time;

pub mod country;

pub mod phone;

pub mod id;

pub mod keyring;

pub mod index_key;

pub mod code;

pub mod digest;

pub mod transaction;

pub mod attestation;

pub mod kinds;

pub mod policy;

pub mod limits;

pub mod ledger;

pub mod toll;

pub mod challenge;

pub mod event;

pub mod recipient;

pub use challenge::{Challenge, Conclusion, Delivery, TimelineEntry};
pub use code::Code;
pub use country::{Countries, Country};
pub use digest::{Digest, Profile, Recipe};
pub use event::{
    Answer, Cause, ClosedRoad, Event, Fact, Failure, Need, Refusal, Send, Supply, Transition,
};
pub use id::{ChallengeId, DeliveryRef, MessageTag, OperationId, RecipientKey};
pub use index_key::IndexKey;
pub use keyring::Keyring;
pub use kinds::{
    Arm, Channel, ConclusionReason, DeliveryStatus, FailureReason, FlowOutcome, Purpose, Route,
    State, TimelineEvent, VerifyOutcome,
};
pub use phone::PhoneNumber;
pub use policy::{Policy, Rules};
pub use recipient::Recipient;
pub use time::Time;
pub use transaction::Transaction;
