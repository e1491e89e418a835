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

mod codes;

mod weather;

mod drafts;

mod template_refusals;

mod templates;

mod meta_number;

mod meta_notices;

mod twilio_account;
