//! Notifications of AWS SNS: whether one is genuine, and what it holds. WhatsApp and text messages by
//! AWS tell by them what became of a message.
//!
//! What makes one genuine, by the developer guide of SNS: it was published to a topic of ours, its
//! certificate lies at SNS itself, its signature is of that certificate's key, and it is not old.

pub mod message;

mod address;

pub mod certificate;

pub mod signature;

pub use certificate::{Certificates, Untrusted};
pub use message::{Kind, Notification};
