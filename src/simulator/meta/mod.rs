//! Meta's WhatsApp Cloud API, as far as an authentication template needs it: one endpoint for sending,
//! signed webhooks for what happens afterwards, the handshake that opens them, the templates and the
//! number that one looks after, and the notices that Meta sends about them.
//!
//! Not here: templates of other categories, their deletion and preview, media, free-form messages.

mod cloud;

mod send;

mod request;

mod content;

mod error;

mod codes;

mod fields;

mod limits;

mod answer;

mod message;

mod payload;

mod handshake;

mod hook;

mod statuses;

mod query;

mod phone;

mod templates;

mod notice;

mod wording;

pub use handshake::HandshakeError;
pub use hook::{escape, sign};
pub use notice::{Notice, TemplateNotice};
pub use templates::TemplateStatus;

pub(crate) use cloud::router;
pub(crate) use handshake::handshake;
pub(crate) use limits::Limits;
pub(crate) use message::{Message, inbound_id};
pub(crate) use notice::post as notify;
pub(crate) use payload::{did_not_request, status, statuses};
pub(crate) use request::{Otp, recipient};
pub(crate) use statuses::{Statuses, release};
pub(crate) use templates::Templates;
pub(crate) use wording::Wording;
