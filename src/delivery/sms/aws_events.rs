//! What AWS tells of text messages: the events of a configuration set.

use serde_json::Value;

use crate::{
    delivery::{Again, Callback, Malformed, Receipt, reaction::Reaction},
    otp::{DeliveryStatus, FailureReason as Why, Time},
};

/// Under this name our own name of a delivery travels in a message's context, and comes back.
pub const CONTEXT: &str = "delivery";

/// Kinds of events that end a message: what a configuration set must tell, or the plan goes on by its
/// timers alone.
pub const ENDS: [&str; 11] = [
    "TEXT_SUCCESSFUL",
    "TEXT_DELIVERED",
    "TEXT_INVALID",
    "TEXT_INVALID_MESSAGE",
    "TEXT_UNREACHABLE",
    "TEXT_CARRIER_UNREACHABLE",
    "TEXT_BLOCKED",
    "TEXT_CARRIER_BLOCKED",
    "TEXT_SPAM",
    "TEXT_TTL_EXPIRED",
    "TEXT_PROTECT_BLOCKED",
];

/// Reads what was published. `None` for an event that says nothing about a message of ours.
pub fn parse(message: &str) -> Result<Option<Callback>, Malformed> {
    let event: Value = serde_json::from_str(message).map_err(|_| Malformed("not JSON"))?;
    let kind = event["eventType"].as_str().ok_or(Malformed("no eventType"))?;
    // Another program may share the topic.
    let delivery = event["context"][CONTEXT].as_str().and_then(|name| name.parse().ok());
    let (Some(delivery), Some((status, failure))) = (delivery, judge(kind)) else {
        return Ok(None);
    };
    if let Some(reaction) = failure {
        reaction.warn("aws", None);
    }
    let message_id = event["messageId"].as_str().ok_or(Malformed("no messageId"))?;
    Ok(Some(Callback::Receipt(Receipt {
        delivery,
        message_id: message_id.to_owned(),
        status,
        failure,
        at: event["eventTimestamp"].as_u64().map(Time::from_millis),
    })))
}

/// How far a message is by an event, and what its failure means.
///
/// AWS asks to take `SUCCESSFUL` (the carrier has it) for `DELIVERED` (the phone has it): carriers of
/// some countries tell no more.
pub fn judge(kind: &str) -> Option<(DeliveryStatus, Option<Reaction>)> {
    let failed = |why| Some((DeliveryStatus::Failed, Some(Reaction::alone(why, Again::No))));
    let failed_by_sender = |why| {
        let reaction = Reaction::alone(why, Again::No).of_sender();
        Some((DeliveryStatus::Failed, Some(reaction)))
    };
    match kind {
        "TEXT_QUEUED" => Some((DeliveryStatus::Accepted, None)),
        "TEXT_PENDING" => Some((DeliveryStatus::Sent, None)),
        "TEXT_SUCCESSFUL" | "TEXT_DELIVERED" => Some((DeliveryStatus::Delivered, None)),
        // A fraud filter is often right. Another provider would only pay the bill.
        "TEXT_PROTECT_BLOCKED" => failed(Why::BlockedAsFraud),
        "TEXT_INVALID" => failed(Why::Unreachable),
        // The phone is off, or its network in trouble: another provider's route may do.
        "TEXT_UNREACHABLE" | "TEXT_CARRIER_UNREACHABLE" => failed_by_sender(Why::Unreachable),
        // It wasn't handed on while the code lived.
        "TEXT_TTL_EXPIRED" => failed_by_sender(Why::Unavailable),
        // The phone's owner, whom another sender shall not get around.
        "TEXT_BLOCKED" => {
            let reaction = Reaction::alone(Why::Rejected, Again::No).of_recipient();
            Some((DeliveryStatus::Failed, Some(reaction)))
        }
        // The carrier's filter, which judges a sender; or what was sent.
        "TEXT_CARRIER_BLOCKED" | "TEXT_SPAM" | "TEXT_INVALID_MESSAGE" => failed(Why::Rejected),
        // `UNKNOWN`: after three days nobody has heard more.
        _ => None,
    }
}
