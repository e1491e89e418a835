//! Every code of every provider: what we make of it, what the recipient got, and how soon.
//!
//! One service for each code, since some close a road for whatever comes next.

use std::time::{Duration, Instant};

use pombo::{
    delivery::{reaction::Reaction, sms::twilio_errors, whatsapp::errors},
    grpc::proto::{ChallengeState, ConclusionReason},
    otp::{Cause, FailureReason},
    simulator::{Behaviour, Fate, Step},
};
use tokio::time::timeout;

use crate::{
    simulator::codes::{META, TWILIO, each},
    support::{
        all,
        world::{World, brisk, number},
    },
};

/// Services that run at once.
const AT_ONCE: usize = 6;

/// One code, met once.
struct Case {
    name: String,
    reaction: Reaction,
    behaviour: Behaviour,
    by: &'static [(&'static str, &'static str)],
    /// Another channel follows in the plan.
    falls_back: bool,
}

/// WhatsApp by the Cloud API, then a text message by Twilio.
const BY_META: &[(&str, &str)] = &[];
/// Text messages alone, by two senders.
const BY_TWILIO: &[(&str, &str)] = &[("DELIVERY__PLAN", "sms"), ("SMS__PROVIDER", "twilio,aws")];
const BY_AWS_SMS: &[(&str, &str)] = &[("DELIVERY__PLAN", "sms"), ("SMS__PROVIDER", "aws,twilio")];
/// WhatsApp by AWS, then a text message by Twilio.
#[cfg(feature = "aws")]
const BY_AWS: &[(&str, &str)] = &[("WHATSAPP__PROVIDER", "aws")];

impl Case {
    /// Meets the code and prints a line of the table.
    async fn meet(self, index: u32) {
        let world = World::new("memory:", brisk(), self.by).await;
        let pombo = world.serve_by_aws().await;
        let to = number(910_000 + index, "00");
        // What is tried again meets the same; another sender of the channel does not.
        let by_one_sender = self.behaviour.clone();
        world.simulator.script(&to, by_one_sender);
        let start = Instant::now();
        let id = pombo.issue(&to).await.challenge_id;
        let road = |seen: &pombo::grpc::proto::Challenge| {
            let told = seen.deliveries.iter().map(|it| {
                format!(
                    "{} {}",
                    it.sender,
                    it.status().as_str_name().trim_start_matches("DELIVERY_STATUS_").to_lowercase()
                )
            });
            told.collect::<Vec<_>>().join(", ")
        };
        let moved = |seen: &pombo::grpc::proto::Challenge| {
            seen.deliveries.len() > 1 || seen.state() != ChallengeState::Pending
        };
        let seen = pombo.until(&id, moved).await;
        let Reaction { reason, cause, scope, .. } = self.reaction;
        let goes_on = match cause {
            _ if reason == FailureReason::IdentityChanged => false,
            Cause::Recipient => self.falls_back,
            Cause::Sender => true,
        };
        let got = if self.falls_back && goes_on {
            let inbox = world.simulator.inbox();
            let arrived = timeout(Duration::from_secs(15), inbox.wait_for(&to, 1)).await;
            let channel = arrived.expect("a message").remove(0).channel;
            format!("{channel:?} after {} ms", start.elapsed().as_millis())
        } else if goes_on {
            format!("another sender asked after {} ms", start.elapsed().as_millis())
        } else {
            assert_eq!(seen.state(), ChallengeState::Undeliverable, "{}: {seen:?}", self.name);
            let why = seen.conclusion_reason();
            let identity = reason == FailureReason::IdentityChanged;
            assert_eq!(why == ConclusionReason::IdentityChanged, identity, "{}", self.name);
            format!("nothing, told after {} ms", start.elapsed().as_millis())
        };
        assert_eq!(seen.deliveries.len() > 1, goes_on, "{}: {}", self.name, road(&seen));
        let scope = scope.map_or("this message", |scope| scope.as_str());
        println!(
            "{:<58} {:<17} stops {scope:<13} {:<34} {got}",
            self.name,
            reason.as_str(),
            road(&seen)
        );
    }
}

async fn meet(cases: Vec<Case>) {
    let mut cases = cases.into_iter().enumerate().peekable();
    while cases.peek().is_some() {
        let some = cases.by_ref().take(AT_ONCE);
        all(some.map(|(index, case)| case.meet(index as u32)).collect::<Vec<_>>()).await;
    }
}

fn case(
    name: String,
    reaction: Reaction,
    behaviour: Behaviour,
    by: &'static [(&'static str, &'static str)],
) -> Case {
    let falls_back = by != BY_TWILIO && by != BY_AWS_SMS;
    Case { name, reaction, behaviour, by, falls_back }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_meta_at_once_and_afterwards() {
    let cases = each(META).into_iter().flat_map(|(status, code)| {
        let number = i64::from(code);
        let refused = Behaviour::well().whatsapp(Fate::refuse(code));
        let failed = Behaviour::well().whatsapp(Fate::accept([Step::Failed(code)]));
        let at_once = errors::judge(Some(number), Some(status));
        let afterwards = errors::judge(Some(number), None);
        [
            case(format!("meta {code} at once"), at_once, refused, BY_META),
            case(format!("meta {code} afterwards"), afterwards, failed, BY_META),
        ]
    });
    meet(cases.collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twilio_at_once_and_afterwards() {
    let cases = each(TWILIO).into_iter().map(|(status, code)| {
        let number = i64::from(code);
        if code < 30_000 {
            let reaction = twilio_errors::judge(Some(number), Some(status));
            let refused = Behaviour::well().sms(Fate::refuse(code));
            return case(format!("twilio {code} at once"), reaction, refused, BY_TWILIO);
        }
        let reaction = twilio_errors::judge(Some(number), None);
        let failed = Behaviour::well().sms(Fate::accept([Step::Undelivered(code)]));
        case(format!("twilio {code} afterwards"), reaction, failed, BY_TWILIO)
    });
    meet(cases.collect()).await;
}

#[cfg(feature = "aws")]
#[tokio::test(flavor = "multi_thread")]
async fn of_aws_at_once_and_afterwards() {
    use pombo::delivery::{
        sms::{aws_errors, aws_events},
        whatsapp::aws,
    };

    let mut cases = Vec::new();
    for name in [
        "ValidationException",
        "InvalidParametersException",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ThrottledRequestException",
        "InternalServiceException",
        "DependencyException",
    ] {
        let thrown = Behaviour::well().whatsapp(Fate::Exception { name, reason: None });
        let reaction = aws::judge(name, "").unwrap();
        cases.push(case(format!("aws whatsapp {name}"), reaction, thrown, BY_AWS));
    }
    for (name, reason) in [
        ("AccessDeniedException", Some("ACCOUNT_DISABLED")),
        ("AccessDeniedException", Some("INSUFFICIENT_ACCOUNT_REPUTATION")),
        ("ConflictException", Some("DESTINATION_PHONE_NUMBER_OPTED_OUT")),
        ("ConflictException", Some("DESTINATION_PHONE_NUMBER_NOT_VERIFIED")),
        ("ConflictException", Some("NO_ORIGINATION_IDENTITIES_FOUND")),
        ("ConflictException", Some("DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION")),
        ("ConflictException", Some("DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE")),
        ("ConflictException", Some("RESOURCE_NOT_ACTIVE")),
        ("ServiceQuotaExceededException", Some("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")),
        ("ServiceQuotaExceededException", Some("MONTHLY_SPEND_LIMIT_REACHED_FOR_RCS")),
        ("ThrottlingException", None),
        ("ResourceNotFoundException", None),
        ("ValidationException", Some("PRICE_OVER_THRESHOLD")),
        ("ValidationException", Some("DESTINATION_COUNTRY_BLOCKED")),
        ("ValidationException", Some("COUNTRY_NOT_ENABLED")),
        ("ValidationException", Some("INVALID_IDENTITY_FOR_DESTINATION_COUNTRY")),
        ("ValidationException", Some("RESOURCE_NOT_ACCESSIBLE")),
        ("ValidationException", Some("INVALID_PARAMETER")),
        ("ValidationException", Some("SENDER_ID_NOT_REGISTERED")),
        ("InternalServerException", None),
    ] {
        let thrown = Behaviour::well().sms(Fate::Exception { name, reason });
        let reaction = aws_errors::judge(name, reason.unwrap_or_default()).unwrap();
        let name = format!(
            "aws sms {} {}",
            name.trim_end_matches("Exception"),
            reason.unwrap_or_default()
        );
        cases.push(case(name, reaction, thrown, BY_AWS_SMS));
    }
    for kind in [
        "TEXT_INVALID",
        "TEXT_INVALID_MESSAGE",
        "TEXT_UNREACHABLE",
        "TEXT_CARRIER_UNREACHABLE",
        "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED",
        "TEXT_SPAM",
        "TEXT_TTL_EXPIRED",
        "TEXT_PROTECT_BLOCKED",
    ] {
        let told = Behaviour::well().sms(Fate::accept([Step::Event(kind)]));
        let (_, reaction) = aws_events::judge(kind).unwrap();
        cases.push(case(format!("aws sms {kind}"), reaction.unwrap(), told, BY_AWS_SMS));
    }
    meet(cases).await;
}
