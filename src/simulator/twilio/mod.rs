//! Twilio's Programmable Messaging, as far as a text message with a code needs it: one endpoint for
//! sending, signed callbacks for what happens afterwards, and a look at the account and its numbers.
//!
//! Not here: API keys, reading a message back, feedback, media, scheduling, content templates.

mod gate;

mod send;

mod request;

mod error;

mod message;

mod segments;

mod signature;

mod account;

mod wording;

pub use segments::segments;
pub use signature::sign;

pub(crate) use gate::router;
pub(crate) use message::code;
pub(crate) use segments::gsm;
pub(crate) use wording::Wording;
