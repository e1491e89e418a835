//! Calls that were answered.

use super::{
    Base, Read,
    field::{array, known},
    wire::{self, answered},
};
use crate::otp::{
    Challenge, ChallengeId, Channel, OperationId, VerifyOutcome,
    event::Operation,
    recipient::{Answered, Said},
};

pub(super) fn answered(
    base: Base,
    challenges: &[Challenge],
    answered: wire::Answered,
) -> Read<Answered> {
    let at = base.time(answered.at);
    Ok(Answered {
        operation: Operation {
            id: OperationId(array(&answered.id, "operation.id")?),
            tag: array(&answered.tag, "operation.tag")?,
            by: array(&answered.by, "operation.by")?,
        },
        at,
        challenge: challenge_of(challenges, known(answered.challenge, "operation.challenge")?)?,
        said: said(Base(at), known(answered.said, "operation.said")?)?,
    })
}

fn challenge_of(challenges: &[Challenge], named: answered::Challenge) -> Read<ChallengeId> {
    match named {
        answered::Challenge::Position(position) => {
            let challenge = challenges.get(position as usize);
            known(challenge.map(|challenge| challenge.id), "operation.challenge")
        }
        answered::Challenge::ChallengeId(id) => array(&id, "operation.challenge").map(ChallengeId),
    }
}

fn said(base: Base, said: answered::Said) -> Read<Said> {
    Ok(match said {
        answered::Said::Issued(said) => Said::Issued {
            expires_at: base.time(said.expires_at),
            resend_at: base.time_if(said.resend_at),
            reused: said.reused,
            attempts_left: said.attempts_left,
            message_sent: said.message_sent,
            messages_left: said.messages_left,
        },
        answered::Said::Resent(said) => Said::Resent {
            expires_at: base.time(said.expires_at),
            resend_at: base.time_if(said.resend_at),
            channel: known(Channel::from_number(said.channel), "operation.channel")?,
            attempts_left: said.attempts_left,
            messages_left: said.messages_left,
        },
        answered::Said::Guessed(said) => Said::Guessed {
            outcome: known(VerifyOutcome::from_number(said.outcome), "operation.outcome")?,
            attempts_left: said.attempts_left,
            resend_at: base.time_if(said.resend_at),
        },
    })
}
