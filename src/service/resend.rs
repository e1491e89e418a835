//! ResendCode: another message of a pending challenge.

use std::sync::Arc;

use super::{CallError, Fault, Service};
use crate::otp::{Answer, ChallengeId, Channel, Event, event::Resent};

/// A demand for another message, checked.
#[derive(Debug)]
pub struct Resend {
    /// Who asks.
    pub caller: String,
    /// Of which challenge.
    pub challenge: ChallengeId,
    /// Only by this channel.
    pub channel: Option<Channel>,
    /// May be empty.
    pub idempotency_key: String,
}

impl Service {
    /// Sends another code; the codes before it stay valid.
    pub async fn resend(self: &Arc<Self>, resend: Resend) -> Result<Resent, CallError> {
        let channel = resend.channel.map_or(0, |channel| channel as u8);
        let scope = format!("resend {}", resend.challenge);
        let fields: [&[u8]; 2] = [scope.as_bytes(), &[channel]];
        let event = Event::Resend {
            operation: self.operation(&scope, &resend.caller, &resend.idempotency_key, &fields),
            caller: resend.caller,
            challenge: resend.challenge,
            channel: resend.channel,
        };
        match self.apply_to(&resend.challenge, event).await? {
            Answer::Resent(resent) => Ok(resent),
            Answer::Refused(refusal) => Err(CallError::Refused(refusal)),
            _ => Err(Fault::Contended.into()),
        }
    }
}
