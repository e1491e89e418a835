//! The stand-ins, seen over real HTTP as a sender and a webhook listener see them.

mod rig;

mod meta_refusals;
mod meta_content;
mod meta_limits;
mod meta_answers;
mod meta_webhooks;
mod twilio_refusals;
mod twilio_answers;
mod twilio_callbacks;
mod signatures;
mod behaviours;
mod scripts;
mod inbox;
