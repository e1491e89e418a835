//! Retries: what a call was told is told again to whoever repeats it.

use std::time::Duration;

use super::{Answered, Said, turn::Turn};
use crate::otp::event::{Answer, Issued, Operation, Refusal, Resent};

/// How long a call's answer is given again to a retry.
pub(super) const REPLAY: Duration = Duration::from_secs(600);

impl Turn<'_> {
    /// The answer to a call that was answered before: the same, unless it says something else now.
    /// Once its challenge has left the record, it is as if it had never been.
    pub(super) fn replay(&self, operation: &Operation) -> Option<Answer> {
        let fresh = |answered: &&Answered| {
            self.now.since(answered.at) < REPLAY && self.find(&answered.challenge).is_some()
        };
        let mut operations = self.next.operations.iter().filter(fresh);
        let answered = operations.find(|answered| answered.operation.id == operation.id)?;
        Some(if answered.operation.tag == operation.tag {
            self.again(answered)
        } else {
            Answer::Refused(Refusal::KeyReused)
        })
    }

    /// Remembers what a call is told.
    pub(super) fn remember(&mut self, operation: &Operation, at: usize, said: Said) {
        let answered = self.answered(operation, at, said);
        self.next.operations.push(answered);
    }

    /// Tells a call something, and remembers it for its retries if it is worth that.
    pub(super) fn reply(
        &mut self,
        operation: &Operation,
        at: usize,
        said: Said,
        keep: bool,
    ) -> Answer {
        let answered = self.answered(operation, at, said);
        let answer = self.again(&answered);
        self.next.operations.extend(keep.then_some(answered));
        answer
    }

    fn answered(&self, operation: &Operation, at: usize, said: Said) -> Answered {
        let challenge = self.challenge(at).id;
        Answered { operation: *operation, at: self.now, challenge, said }
    }

    /// The answer that a remembered one stands for.
    fn again(&self, answered: &Answered) -> Answer {
        let Some(challenge) = self.find(&answered.challenge).map(|at| self.challenge(at)) else {
            return Answer::Refused(Refusal::NotFound);
        };
        match answered.said {
            Said::Issued {
                expires_at,
                resend_at,
                reused,
                attempts_left,
                message_sent,
                messages_left,
            } => Answer::Issued(Issued {
                challenge: challenge.id,
                length: challenge.length,
                expires_at,
                resend_at,
                first_channel: challenge.first_channel(),
                reused,
                attempts_left,
                message_sent,
                messages_left,
            }),
            Said::Resent { expires_at, resend_at, channel, attempts_left, messages_left } => {
                Answer::Resent(Resent {
                    expires_at,
                    resend_at,
                    channel,
                    attempts_left,
                    messages_left,
                })
            }
            Said::Guessed { outcome, attempts_left, resend_at } => {
                self.guessed_again(outcome, attempts_left, resend_at, challenge)
            }
        }
    }
}
