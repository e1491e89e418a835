//! From the wire to the domain. Nothing is taken on trust: what does not fit is an error that names
//! the field, never its value.

use prost::Message;

use crate::otp::{
    Arm, Challenge, ChallengeId, Channel, Conclusion, ConclusionReason, Country, Delivery,
    DeliveryStatus, Digest, FailureReason, FlowOutcome, MessageTag, OperationId, Profile, Purpose,
    Recipient, Route, State, Time, TimelineEntry, TimelineEvent, VerifyOutcome,
    event::Operation,
    keyring::SealedNumber,
    ledger::{Flow, FlowKey, Ledger},
    limits::{Counted, MessageLog},
    recipient::{Answered, Said},
};

use super::{
    Base, FORMAT, StoreError,
    wire::{self, answered},
};

type Read<T> = Result<T, StoreError>;

pub(super) fn recipient(bytes: &[u8]) -> Read<Recipient> {
    check_format(bytes)?;
    let record = wire::Recipient::decode(bytes).map_err(|_| unreadable("it is no record"))?;
    let changed_at = Time::from_millis(record.changed_at);
    let base = Base(changed_at);
    let keys: Vec<FlowKey> = all(record.flow_keys, flow_key)?;
    let challenges = all(record.challenges, |one| challenge(base, &keys, one))?;
    Ok(Recipient {
        changed_at,
        masked: record.masked,
        country: Country::new(&record.country),
        number: record.number.map(sealed_number),
        off_whatsapp_since: base.time_if(record.off_whatsapp_since),
        messages: messages(base, &record.messages)?,
        flows: all(record.flows, |one| flow(base, &keys, one))?,
        operations: all(record.operations, |one| answered(base, &challenges, one))?,
        challenges,
    })
}

/// Looks at the format before anything else: a newer one may have given other fields other types.
fn check_format(bytes: &[u8]) -> Read<()> {
    let head = wire::Head::decode(bytes).map_err(|_| unreadable("it is no record"))?;
    match head.format {
        FORMAT => Ok(()),
        0 => Err(unreadable("it has no format")),
        newer => Err(StoreError::Unreadable(format!(
            "its format is {newer}, the newest known here is {FORMAT}"
        ))),
    }
}

fn unreadable(why: &str) -> StoreError {
    StoreError::Unreadable(why.to_owned())
}

fn misfit(field: &'static str) -> StoreError {
    StoreError::Unreadable(format!("its field {field} does not fit"))
}

fn all<W, T>(list: Vec<W>, one: impl FnMut(W) -> Read<T>) -> Read<Vec<T>> {
    list.into_iter().map(one).collect()
}

fn array<const N: usize>(bytes: &[u8], field: &'static str) -> Read<[u8; N]> {
    bytes.try_into().map_err(|_| misfit(field))
}

fn number<T: TryFrom<N>, N>(number: N, field: &'static str) -> Read<T> {
    T::try_from(number).map_err(|_| misfit(field))
}

fn known<T>(kind: Option<T>, field: &'static str) -> Read<T> {
    kind.ok_or_else(|| misfit(field))
}

/// A kind of which 0 says that there is none.
fn optional<T>(from: fn(i32) -> Option<T>, number: i32, field: &'static str) -> Read<Option<T>> {
    if number == 0 { Ok(None) } else { known(from(number), field).map(Some) }
}

/// Numbers that were packed in groups of `N`.
fn groups<'a, const N: usize>(
    numbers: &'a [i64],
    field: &'static str,
) -> Read<impl Iterator<Item = &'a [i64; N]>> {
    let (groups, rest) = numbers.as_chunks();
    if rest.is_empty() { Ok(groups.iter()) } else { Err(misfit(field)) }
}

fn sealed_number(number: wire::SealedNumber) -> SealedNumber {
    SealedNumber { key_id: number.key_id, bytes: number.bytes }
}

fn messages(base: Base, numbers: &[i64]) -> Read<MessageLog> {
    let messages = groups(numbers, "messages")?.map(|&[at, unproven]| Counted {
        at: base.time(at),
        unproven: unproven != 0,
    });
    Ok(MessageLog(messages.collect()))
}

fn flow_key(key: wire::FlowKey) -> Read<FlowKey> {
    Ok(FlowKey {
        caller: key.caller,
        purpose: known(Purpose::from_number(key.purpose), "purpose")?,
        subject: key.subject,
    })
}

fn key_at(keys: &[FlowKey], position: u32) -> Read<FlowKey> {
    known(keys.get(position as usize).cloned(), "flow_key")
}

fn flow(base: Base, keys: &[FlowKey], flow: wire::Flow) -> Read<Flow> {
    Ok(Flow {
        key: key_at(keys, flow.key)?,
        wait_until: base.time_if(flow.wait_until),
        ledger: Ledger {
            in_a_row: flow.in_a_row,
            row_lock: base.time_if(flow.row_lock),
            failures: flow.failures.into_iter().map(|at| base.time(at)).collect(),
        },
    })
}

fn challenge(changed: Base, keys: &[FlowKey], challenge: wire::Challenge) -> Read<Challenge> {
    let issued_at = changed.time(challenge.issued_at);
    let base = Base(issued_at);
    Ok(Challenge {
        id: ChallengeId(array(&challenge.id, "challenge.id")?),
        flow: key_at(keys, challenge.flow_key)?,
        issued_at,
        expires_at: base.time(challenge.expires_at),
        resend_at: base.time_if(challenge.resend_at),
        asked: challenge.asked,
        max_attempts: challenge.max_attempts,
        attempts_used: challenge.attempts_used,
        length: number(challenge.length, "length")?,
        profile: profile(challenge.profile)?,
        key_id: challenge.key_id,
        transaction: transaction(&challenge.transaction)?,
        language: challenge.language,
        plan: all(challenge.plan, |channel| known(Channel::from_number(channel), "plan"))?,
        step: number(challenge.step, "step")?,
        arm: known(Arm::from_number(challenge.arm), "arm")?,
        deliveries: all(challenge.deliveries, |one| delivery(base, one))?,
        timeline: timeline(base, &challenge.timeline)?,
        conclusion: challenge.conclusion.map(|one| conclusion(base, one)).transpose()?,
        flow_outcome: optional(FlowOutcome::from_number, challenge.flow_outcome, "flow_outcome")?,
    })
}

fn profile(number: i32) -> Read<Profile> {
    Ok(match wire::Profile::try_from(number).map_err(|_| misfit("profile"))? {
        wire::Profile::Balanced => Profile::Balanced,
        wire::Profile::Owasp => Profile::Owasp,
        wire::Profile::Keyed => Profile::Keyed,
    })
}

fn transaction(bytes: &[u8]) -> Read<Option<[u8; 16]>> {
    if bytes.is_empty() { Ok(None) } else { array(bytes, "transaction").map(Some) }
}

fn timeline(base: Base, numbers: &[i64]) -> Read<Vec<TimelineEntry>> {
    let lines = groups(numbers, "timeline")?;
    let lines = lines.map(|&[at, event, delivery]| {
        Ok(TimelineEntry {
            at: base.time(at),
            event: known(TimelineEvent::from_number(number(event, "timeline")?), "timeline")?,
            delivery: number(delivery, "timeline")?,
        })
    });
    lines.collect()
}

fn delivery(base: Base, delivery: wire::Delivery) -> Read<Delivery> {
    Ok(Delivery {
        number: delivery.number,
        channel: known(Channel::from_number(delivery.channel), "channel")?,
        sender: delivery.sender,
        route: known(Route::from_number(delivery.route), "route")?,
        status: known(DeliveryStatus::from_number(delivery.status), "status")?,
        failure: optional(FailureReason::from_number, delivery.failure, "failure")?,
        queued_at: base.time(delivery.queued_at),
        updated_at: base.time(delivery.updated_at),
        retry_at: base.time(delivery.retry_at),
        accepted_at: base.time_if(delivery.accepted_at),
        delivered_at: base.time_if(delivery.delivered_at),
        taken_over: delivery.taken_over,
        messages: all(delivery.messages, |tag| array(&tag, "messages").map(MessageTag))?,
        digests: all(delivery.digests, |digest| array(&digest, "digests").map(Digest))?,
    })
}

fn conclusion(base: Base, conclusion: wire::Conclusion) -> Read<Conclusion> {
    Ok(Conclusion {
        state: known(State::from_number(conclusion.state), "state")?,
        reason: known(ConclusionReason::from_number(conclusion.reason), "reason")?,
        at: base.time(conclusion.at),
        used: conclusion.used,
    })
}

fn answered(base: Base, challenges: &[Challenge], answered: wire::Answered) -> Read<Answered> {
    let at = base.time(answered.at);
    Ok(Answered {
        operation: Operation {
            id: OperationId(array(&answered.id, "operation.id")?),
            tag: array(&answered.tag, "operation.tag")?,
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
