//! A caller asks for another message of a pending challenge.

use super::{Said, turn::Turn};
use crate::otp::{
    event::{Answer, Limit, Need, Operation, Refusal},
    id::ChallengeId,
    kinds::Channel,
};

impl Turn<'_> {
    pub(super) fn resend(
        &mut self,
        operation: &Operation,
        caller: &str,
        challenge: &ChallengeId,
        channel: Option<Channel>,
    ) -> Result<Answer, Need> {
        let Some(at) = self.visible(caller, challenge) else {
            return Ok(Answer::Refused(Refusal::NotFound));
        };
        if let Some(answer) = self.replay(operation) {
            return Ok(answer);
        }
        if let Some(answer) = self.refuse_to_resend(at) {
            return Ok(answer);
        }
        let channel = match self.ask(at, channel)? {
            Ok(channel) => channel,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let said = Said::Resent {
            expires_at: self.challenge(at).expires_at,
            resend_at: self.challenge(at).resend_at,
            channel,
            attempts_left: self.attempts_left(at),
            messages_left: self.messages_left(at),
        };
        Ok(self.reply(operation, at, said, true))
    }

    fn refuse_to_resend(&self, at: usize) -> Option<Answer> {
        let challenge = self.challenge(at);
        if !challenge.is_live() {
            return Some(Answer::Refused(Refusal::Concluded(challenge.state())));
        }
        if challenge.resend_at.is_none() {
            return Some(Answer::Refused(Refusal::NoMessageLeft));
        }
        let flow = &challenge.flow;
        self.held([
            (Limit::Recipient, self.full_until(challenge.arm, flow.purpose)),
            (Limit::ResendWait, challenge.resend_at),
            (Limit::Locked, self.locked_until(flow)),
        ])
    }
}
