//! From the domain to the wire.

use super::{
    Base, FORMAT,
    wire::{self, answered},
};
use crate::otp::{
    Cause, Challenge, Conclusion, Delivery, Profile, Recipient, TimelineEntry,
    keyring::Sealed,
    ledger::{Flow, FlowKey},
    limits::Counted,
    recipient::{Answered, Said},
};

pub(super) fn recipient(recipient: &Recipient) -> wire::Recipient {
    let base = Base(recipient.changed_at);
    let keys = flow_keys(recipient);
    let challenges = recipient.challenges.iter();
    wire::Recipient {
        format: FORMAT,
        changed_at: recipient.changed_at.millis(),
        masked: recipient.masked.clone(),
        country: recipient.destination.country.as_str().to_owned(),
        number: recipient.number.as_ref().map(sealed),
        off_whatsapp_since: base.difference_if(recipient.off_whatsapp_since),
        messages: recipient.messages.0.iter().flat_map(|message| counted(base, message)).collect(),
        flow_keys: keys.iter().map(|key| flow_key(key)).collect(),
        flows: recipient.flows.iter().map(|one| flow(base, &keys, one)).collect(),
        challenges: challenges.map(|one| challenge(base, &keys, one)).collect(),
        operations: recipient.operations.iter().map(|one| answered(base, recipient, one)).collect(),
        prefix: recipient.destination.prefix.map_or(Vec::new(), |prefix| prefix.0.to_vec()),
    }
}

/// Each flow's name once, in the order in which they occur.
fn flow_keys(recipient: &Recipient) -> Vec<&FlowKey> {
    let of_flows = recipient.flows.iter().map(|flow| &flow.key);
    let of_challenges = recipient.challenges.iter().map(|challenge| &challenge.flow);
    of_flows.chain(of_challenges).fold(Vec::new(), |mut keys, key| {
        if !keys.contains(&key) {
            keys.push(key);
        }
        keys
    })
}

fn position(keys: &[&FlowKey], key: &FlowKey) -> u32 {
    // Every key is in the table, which is made of the same record.
    keys.iter().position(|&other| other == key).unwrap_or_default() as u32
}

fn sealed(number: &Sealed) -> wire::Sealed {
    wire::Sealed { key_id: number.key_id.clone(), bytes: number.bytes.clone() }
}

fn counted(base: Base, message: &Counted) -> [i64; 2] {
    [base.difference(message.at), i64::from(message.unproven)]
}

fn flow_key(key: &FlowKey) -> wire::FlowKey {
    wire::FlowKey {
        caller: key.caller.clone(),
        purpose: key.purpose as i32,
        subject: key.subject.clone(),
    }
}

fn flow(base: Base, keys: &[&FlowKey], flow: &Flow) -> wire::Flow {
    wire::Flow {
        key: position(keys, &flow.key),
        wait_until: base.difference_if(flow.wait_until),
        in_a_row: flow.ledger.in_a_row,
        row_lock: base.difference_if(flow.ledger.row_lock),
        failures: flow.ledger.failures.iter().map(|&at| base.difference(at)).collect(),
    }
}

fn challenge(changed: Base, keys: &[&FlowKey], challenge: &Challenge) -> wire::Challenge {
    let base = Base(challenge.issued_at);
    wire::Challenge {
        id: challenge.id.0.to_vec(),
        flow_key: position(keys, &challenge.flow),
        issued_at: changed.difference(challenge.issued_at),
        expires_at: base.difference(challenge.expires_at),
        resend_at: base.difference_if(challenge.resend_at),
        asked: challenge.asked,
        max_attempts: challenge.max_attempts,
        attempts_used: challenge.attempts_used,
        length: u32::from(challenge.length),
        profile: profile(challenge.profile).into(),
        key_id: challenge.key_id.clone(),
        transaction: challenge.transaction.map(Vec::from).unwrap_or_default(),
        language: challenge.language.clone(),
        details: challenge.details.as_ref().map(sealed),
        plan: challenge.plan.iter().map(|&channel| channel as i32).collect(),
        step: challenge.step as u64,
        arm: challenge.arm as i32,
        deliveries: challenge.deliveries.iter().map(|one| delivery(base, one)).collect(),
        timeline: challenge.timeline.iter().flat_map(|entry| line(base, entry)).collect(),
        conclusion: challenge.conclusion.map(|conclusion| concluded(base, conclusion)),
        flow_outcome: challenge.flow_outcome.map_or(0, |outcome| outcome as i32),
    }
}

fn profile(profile: Profile) -> wire::Profile {
    match profile {
        Profile::Balanced => wire::Profile::Balanced,
        Profile::Owasp => wire::Profile::Owasp,
        Profile::Keyed => wire::Profile::Keyed,
    }
}

fn delivery(base: Base, delivery: &Delivery) -> wire::Delivery {
    wire::Delivery {
        number: delivery.number,
        channel: delivery.channel as i32,
        sender: delivery.sender.clone(),
        route: delivery.route as i32,
        status: delivery.status as i32,
        failure: delivery.failure.map_or(0, |failure| failure.reason as i32),
        of_recipient: delivery.failure.is_some_and(|it| it.cause == Cause::Recipient),
        queued_at: base.difference(delivery.queued_at),
        updated_at: base.difference(delivery.updated_at),
        retry_at: base.difference(delivery.retry_at),
        accepted_at: base.difference_if(delivery.accepted_at),
        delivered_at: base.difference_if(delivery.delivered_at),
        taken_over: delivery.taken_over,
        perhaps_taken: delivery.perhaps_taken,
        messages: delivery.messages.iter().map(|tag| tag.0.to_vec()).collect(),
        digests: delivery.digests.iter().map(|digest| digest.0.to_vec()).collect(),
        reference: delivery.reference.clone(),
        template: delivery.template.clone(),
    }
}

fn line(base: Base, entry: &TimelineEntry) -> [i64; 3] {
    [base.difference(entry.at), entry.event as i64, i64::from(entry.delivery)]
}

fn concluded(base: Base, conclusion: Conclusion) -> wire::Conclusion {
    wire::Conclusion {
        state: conclusion.state as i32,
        reason: conclusion.reason as i32,
        at: base.difference(conclusion.at),
        used: conclusion.used,
    }
}

fn answered(base: Base, recipient: &Recipient, answered: &Answered) -> wire::Answered {
    let known = recipient.challenges.iter().position(|one| one.id == answered.challenge);
    wire::Answered {
        id: answered.operation.id.0.to_vec(),
        tag: answered.operation.tag.to_vec(),
        by: answered.operation.by.to_vec(),
        at: base.difference(answered.at),
        challenge: Some(match known {
            Some(position) => answered::Challenge::Position(position as u32),
            None => answered::Challenge::ChallengeId(answered.challenge.0.to_vec()),
        }),
        said: Some(said(Base(answered.at), answered.said)),
    }
}

fn said(base: Base, said: Said) -> answered::Said {
    match said {
        Said::Issued {
            expires_at,
            resend_at,
            reused,
            attempts_left,
            message_sent,
            messages_left,
        } => answered::Said::Issued(answered::Issued {
            expires_at: base.difference(expires_at),
            resend_at: base.difference_if(resend_at),
            reused,
            attempts_left,
            message_sent,
            messages_left,
        }),
        Said::Resent { expires_at, resend_at, channel, attempts_left, messages_left } => {
            answered::Said::Resent(answered::Resent {
                expires_at: base.difference(expires_at),
                resend_at: base.difference_if(resend_at),
                channel: channel as i32,
                attempts_left,
                messages_left,
            })
        }
        Said::Guessed { outcome, attempts_left, resend_at } => {
            answered::Said::Guessed(answered::Guessed {
                outcome: outcome as i32,
                attempts_left,
                resend_at: base.difference_if(resend_at),
            })
        }
    }
}
