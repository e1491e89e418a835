//! Challenges.

use super::{
    Base, Read,
    field::{all, array, groups, known, misfit, number, optional},
    key_at, sealed, wire,
};
use crate::otp::{
    Arm, Cause, Challenge, ChallengeId, Channel, Conclusion, ConclusionReason, Delivery,
    DeliveryStatus, Digest, Failure, FailureReason, FlowOutcome, MessageTag, Profile, Route, State,
    TimelineEntry, TimelineEvent, ledger::FlowKey,
};

pub(super) fn challenge(
    changed: Base,
    keys: &[FlowKey],
    challenge: wire::Challenge,
) -> Read<Challenge> {
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
        details: challenge.details.map(sealed),
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
        failure: failure(delivery.failure, delivery.of_recipient)?,
        queued_at: base.time(delivery.queued_at),
        updated_at: base.time(delivery.updated_at),
        retry_at: base.time(delivery.retry_at),
        accepted_at: base.time_if(delivery.accepted_at),
        delivered_at: base.time_if(delivery.delivered_at),
        taken_over: delivery.taken_over,
        perhaps_taken: delivery.perhaps_taken,
        messages: all(delivery.messages, |tag| array(&tag, "messages").map(MessageTag))?,
        reference: delivery.reference,
        template: delivery.template,
        digests: all(delivery.digests, |digest| array(&digest, "digests").map(Digest))?,
    })
}

fn failure(reason: i32, of_recipient: bool) -> Read<Option<Failure>> {
    let cause = if of_recipient { Cause::Recipient } else { Cause::Sender };
    let reason = optional(FailureReason::from_number, reason, "failure")?;
    Ok(reason.map(|reason| Failure { reason, cause }))
}

fn conclusion(base: Base, conclusion: wire::Conclusion) -> Read<Conclusion> {
    Ok(Conclusion {
        state: known(State::from_number(conclusion.state), "state")?,
        reason: known(ConclusionReason::from_number(conclusion.reason), "reason")?,
        at: base.time(conclusion.at),
        used: conclusion.used,
    })
}
