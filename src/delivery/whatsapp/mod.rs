//! WhatsApp: authentication templates out, receipts and taps back.
//!
//! `template`, `errors` and the reading of webhook entries are the same by whatever road Meta is
//! reached; `cloud` is the direct one.

pub mod template;

pub mod errors;

pub mod cloud;

pub mod webhook;

pub mod definition;

pub mod templates;

pub mod graph;

pub mod cloud_templates;

pub mod cloud_inspect;

pub use cloud::{Cloud, CloudSettings};
pub use template::Template;
