//! The stand-ins, seen over real HTTP as a sender and a webhook listener see them.

mod rig;

mod meta_content;

mod meta_limits;

mod meta_refusals;

mod twilio_refusals;

mod meta_answers;

mod meta_webhooks;

mod signatures;

mod twilio_answers;

mod twilio_callbacks;

mod behaviours;

mod inbox;

mod logs;

mod scripts;

pub mod codes;

mod weather;

mod drafts;

mod template_refusals;

mod templates;

mod meta_number;

mod meta_notices;

mod twilio_account;

#[cfg(feature = "aws")]
mod aws_rig;

#[cfg(feature = "aws")]
mod aws_signatures;

#[cfg(feature = "aws")]
mod aws_whatsapp;

#[cfg(feature = "aws")]
mod aws_templates;

#[cfg(feature = "aws")]
mod aws_sms;

#[cfg(feature = "aws")]
mod aws_sms_refusals;

#[cfg(feature = "aws")]
mod aws_sns;
