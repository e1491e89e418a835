//! Twilio's Programmable Messaging, as far as a text message with a code needs it: one endpoint for
//! sending, and signed callbacks for what happens afterwards.
//!
//! Not here: API keys, reading a message back, feedback, media, scheduling, content templates.

mod send;

mod request;

mod error;

mod message;

mod segments;

mod signature;

pub use segments::segments;
pub use signature::sign;

pub(crate) use message::code;
pub(crate) use segments::gsm;
pub(crate) use send::router;
