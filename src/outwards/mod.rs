//! What happens, told to others: each event of the store's streams leaves at least once, as a
//! CloudEvent, to every sink that is configured. `docs/EVENTS.md` is the promise to receivers.
//!
//! Nothing here is on the way of a call: a commit writes its events, and this room reads them from
//! the store, at its own pace.

pub mod event;

pub mod sink;

pub mod https;

#[cfg(feature = "aws")]
pub mod topic;

pub mod inspect;

mod trail;

pub mod courier;

pub use courier::Courier;
pub use event::CloudEvent;
pub use sink::{Sink, Verdict};
pub use trail::{Next, Trail};
