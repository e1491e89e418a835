//! Meta's WhatsApp Cloud API, as far as an authentication template needs it: one endpoint for sending,
//! signed webhooks for what happens afterwards, and the handshake that opens them.
//!
//! Not here: template management, template and account webhooks, media, free-form messages.

mod send;

mod request;

mod content;

mod error;

mod fields;

mod limits;

mod answer;

mod message;

mod payload;

mod handshake;

mod hook;

pub use handshake::HandshakeError;
pub use hook::{escape, sign};

pub(crate) use handshake::handshake;
pub(crate) use limits::Limits;
pub(crate) use message::{Message, inbound_id};
pub(crate) use payload::{did_not_request, statuses};
pub(crate) use request::{Otp, recipient};
pub(crate) use send::router;
