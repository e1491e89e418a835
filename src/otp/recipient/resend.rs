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
        match self.answered(operation) {
            Some(Ok(answered)) => return Ok(self.again(answered)),
            Some(Err(refusal)) => return Ok(Answer::Refused(refusal)),
            None => {}
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
        Ok(self.reply(operation, at, said))
    }

    fn refuse_to_resend(&self, at: usize) -> Option<Answer> {
        let challenge = self.challenge(at);
        if !challenge.is_live() {
            return Some(Answer::Refused(Refusal::Concluded(challenge.state())));
        }
        let flow = &challenge.flow;
        let Some(wait) = challenge.resend_at else {
            return Some(Answer::Refused(Refusal::NoMessageLeft));
        };
        self.refused_by([
            self.lock(flow),
            (wait > self.now).then_some((Limit::ResendWait, wait)),
            self.full(challenge.arm, flow.purpose),
        ])
    }
}
