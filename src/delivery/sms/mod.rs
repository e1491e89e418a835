//! Text messages.

pub mod segments;

pub mod text;

pub mod twilio;

pub mod twilio_errors;

pub mod twilio_webhook;

#[cfg(feature = "aws")]
pub mod aws;

pub mod aws_errors;

pub mod aws_events;

pub mod twilio_inspect;

#[cfg(feature = "aws")]
pub mod aws_inspect;

pub use segments::{Encoding, segments};
pub use text::{TextFault, TextSettings, Texts};
pub use twilio::{Sender, Twilio, TwilioSettings};
