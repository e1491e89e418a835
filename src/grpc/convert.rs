//! Answers, put into the contract's words.

use prost_types::Timestamp;

use super::{people::Language, proto};
use crate::{
    otp::{
        Channel, Delivery, Time, TimelineEntry, VerifyOutcome,
        event::{Issued, Resent, Seen},
    },
    service::Verified,
};

/// A moment.
pub fn timestamp(time: Time) -> Timestamp {
    Timestamp {
        seconds: (time.millis() / 1000) as i64,
        nanos: (time.millis() % 1000) as i32 * 1_000_000,
    }
}

fn channel(channel: Option<Channel>) -> i32 {
    channel.map_or(0, |channel| channel as i32)
}

/// The answer to IssueCode.
pub fn issued(
    issued: Issued,
    masked_recipient: String,
    app_must_show_transaction: bool,
) -> proto::IssueCodeResponse {
    proto::IssueCodeResponse {
        challenge_id: issued.challenge.to_string(),
        masked_recipient,
        code_length: i32::from(issued.length),
        expire_time: Some(timestamp(issued.expires_at)),
        resend_time: issued.resend_at.map(timestamp),
        first_channel: channel(issued.first_channel),
        reused: issued.reused,
        attempts_remaining: count(issued.attempts_left),
        message_sent: issued.message_sent,
        messages_remaining: count(issued.messages_left),
        app_must_show_transaction,
    }
}

/// The answer to ResendCode.
pub fn resent(resent: Resent) -> proto::ResendCodeResponse {
    proto::ResendCodeResponse {
        expire_time: Some(timestamp(resent.expires_at)),
        resend_time: resent.resend_at.map(timestamp),
        channel: resent.channel as i32,
        attempts_remaining: count(resent.attempts_left),
        messages_remaining: count(resent.messages_left),
    }
}

/// The answer to VerifyCode. What the challenge was for is told to who had the code only.
pub fn verified(verified: Verified, language: Language) -> proto::VerifyCodeResponse {
    let guessed = verified.guessed;
    let challenge = guessed.challenge.filter(|_| guessed.outcome == VerifyOutcome::Verified);
    let conclusion = challenge.as_ref().and_then(|challenge| challenge.conclusion);
    let wrong = challenge.is_none().then(|| language.says("VerifyCode")).flatten();
    proto::VerifyCodeResponse {
        user_message: wrong.unwrap_or_default().to_owned(),
        outcome: guessed.outcome as i32,
        attempts_remaining: count(guessed.attempts_left),
        recipient: verified.number.map(|number| number.e164().to_owned()).unwrap_or_default(),
        purpose: challenge.as_ref().map_or(0, |challenge| challenge.flow.purpose as i32),
        verify_time: conclusion.map(|conclusion| timestamp(conclusion.at)),
        attestation: verified.attestation,
        used_channel: channel(challenge.as_ref().and_then(|challenge| challenge.used_channel())),
        resend_time: guessed.resend_at.map(timestamp),
        replayed: guessed.replayed,
        subject_id: challenge.map(|challenge| challenge.flow.subject).unwrap_or_default(),
        unlock_time: guessed.unlocks_at.map(timestamp),
    }
}

/// A challenge.
pub fn challenge(seen: Seen) -> proto::Challenge {
    let challenge = seen.challenge;
    proto::Challenge {
        challenge_id: challenge.id.to_string(),
        state: challenge.state() as i32,
        masked_recipient: seen.masked,
        purpose: challenge.flow.purpose as i32,
        deliveries: challenge.deliveries.iter().map(delivery).collect(),
        timeline: challenge.timeline.iter().map(timeline_entry).collect(),
        issue_time: Some(timestamp(challenge.issued_at)),
        expire_time: Some(timestamp(challenge.expires_at)),
        resend_time: challenge.resend_at.map(timestamp),
        attempts_remaining: count(seen.attempts_left),
        conclude_time: challenge.conclusion.map(|conclusion| timestamp(conclusion.at)),
        used_channel: channel(challenge.used_channel()),
        conclusion_reason: challenge.conclusion.map_or(0, |conclusion| conclusion.reason as i32),
    }
}

fn delivery(delivery: &Delivery) -> proto::Delivery {
    proto::Delivery {
        number: count(delivery.number),
        channel: delivery.channel as i32,
        sender: delivery.sender.clone(),
        status: delivery.status as i32,
        failure_reason: delivery.failure.map_or(0, |failure| failure.reason as i32),
        route_reason: delivery.route.as_str().to_owned(),
        update_time: Some(timestamp(delivery.updated_at)),
    }
}

fn timeline_entry(entry: &TimelineEntry) -> proto::TimelineEntry {
    proto::TimelineEntry {
        time: Some(timestamp(entry.at)),
        event: entry.event as i32,
        delivery_number: count(entry.delivery),
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
