//! WhatsApp: authentication templates out, receipts and taps back.
//!
//! `template`, `errors` and the reading of webhook entries are the same by whatever road Meta is
//! reached; `cloud` is the direct one, `aws` the other.

pub mod template;

pub mod errors;

pub mod cloud;

#[cfg(feature = "aws")]
pub mod aws;

pub mod webhook;

pub mod notices;

pub mod aws_events;

pub mod definition;

pub mod templates;

pub mod graph;

pub mod cloud_templates;

pub mod cloud_inspect;

#[cfg(feature = "aws")]
pub mod aws_templates;

#[cfg(feature = "aws")]
pub mod aws_inspect;

use std::{num::NonZeroU32, time::Duration};

use super::PairLimit;
pub use cloud::{Cloud, CloudSettings};
pub use template::Template;

/// What Meta lets one sending number write to one recipient: a message in six seconds, and up to 45
/// at once on credit.
pub const PAIR: PairLimit =
    PairLimit { gap: Duration::from_secs(6), burst: NonZeroU32::new(45).unwrap() };
