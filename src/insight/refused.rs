//! Calls that a rule against toll fraud refused: nothing came of them, so they stand in no record, and
//! their events name a challenge only where one was there before.

use serde_json::json;

use super::funnel::rfc3339;
use crate::otp::{ChallengeId, Event, Purpose, Time, event::Text, toll::Rule};

/// A call that wanted a text message and got none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCall {
    caller: String,
    challenge: Option<ChallengeId>,
    recipient: String,
    purpose: Option<Purpose>,
    text: Text,
    rule: Rule,
}

impl RefusedCall {
    /// What is told of it. `None` if it is no call that asks for a message.
    pub fn new(event: &Event, text: Text, rule: Rule) -> Option<Self> {
        let challenge = Some(text.delivery.challenge);
        match event {
            Event::Issue(issue) => Some(Self {
                caller: issue.flow.caller.clone(),
                challenge: challenge.filter(|id| *id != issue.new_id),
                recipient: issue.masked.clone(),
                purpose: Some(issue.flow.purpose),
                text,
                rule,
            }),
            Event::Resend { caller, .. } => Some(Self {
                caller: caller.clone(),
                challenge,
                recipient: String::new(),
                purpose: None,
                text,
                rule,
            }),
            _ => None,
        }
    }

    /// Its event record.
    pub fn event(&self, now: Time) -> Vec<u8> {
        let Self { caller, challenge, recipient, purpose, text, rule } = self;
        let event = json!({
            "event": "call.refused",
            "time": rfc3339(now),
            "challenge": challenge.map(|id| id.to_string()),
            "caller": caller,
            "recipient": recipient,
            "purpose": purpose.map(Purpose::as_str),
            "country": text.to.country.as_str(),
            "prefix": text.to.prefix.map(|prefix| prefix.to_string()),
            "rule": rule.as_str(),
            "enforced": true,
        });
        event.to_string().into_bytes()
    }
}
