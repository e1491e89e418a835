//! WhatsApp: authentication templates out, receipts and taps back.
//!
//! `template`, `errors` and the reading of webhook entries are the same by whatever road Meta is
//! reached; `cloud` is the direct one.

pub mod template;

pub mod errors;

pub mod cloud;

pub mod webhook;

pub use cloud::{Cloud, CloudSettings};
pub use template::Template;
