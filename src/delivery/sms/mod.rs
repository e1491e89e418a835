//! Text messages.

pub mod segments;

pub mod text;

pub mod text_faults;

pub mod twilio;

pub mod twilio_errors;

pub mod twilio_webhook;

pub mod twilio_inspect;

pub use segments::{Encoding, segments};
pub use text::{TextSettings, Texts};
pub use text_faults::TextFault;
pub use twilio::{Sender, Twilio, TwilioSettings};
