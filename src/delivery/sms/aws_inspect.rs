//! A look at what AWS sends text messages from, and at the set that their events go by.

use aws_config::SdkConfig;
use aws_sdk_pinpointsmsvoicev2::{
    Client,
    types::{EventDestination, EventType},
};

use super::aws_events::ENDS;
use crate::delivery::{Inspection, Refusal, Trouble, aws_inspect as aws};

const SENDER: &str = "sms sender";
const EVENTS: &str = "sms events";

const SET: &str = "sms.aws.configuration_set";
const NO_TOPIC: &str = "sms.aws.configuration_set sends no events to a topic, so no receipt comes; add an \
                        event destination of the kind SNS";
const OTHER_TOPIC: &str = "sms.aws.configuration_set sends its events to another topic, so no receipt \
                           comes; set its event destination and sms.aws.topic_arn to the same";

/// What text messages are sent by.
pub struct AwsSms {
    client: Client,
}

impl AwsSms {
    /// Of the account that the credentials are of.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Looks whether this number, pool or sender id is the account's and in use.
    pub async fn inspect_sender(&self, identity: &str) -> Inspection {
        let active = match identity {
            agent if agent.starts_with("rcs-") || agent.contains(":rcs-agent/") => {
                return Inspection::warning(SENDER, "an RCS agent, which is not looked at");
            }
            pool if pool.contains("pool-") || pool.contains(":pool/") => self.pool(pool).await,
            number if is_dialled(number) || number.contains("phone-") => self.number(number).await,
            sender_id => self.sender_id(sender_id).await,
        };
        match active {
            Ok(Some(status)) if status == "ACTIVE" => Inspection::sound(SENDER, "active"),
            Ok(Some(status)) => {
                let status = status.to_lowercase();
                let remedy = "wait until it is active, or set another sms.aws.origination_identity";
                Inspection::fault(SENDER, format!("is {status}; {remedy}"))
            }
            Ok(None) => Inspection::fault(
                SENDER,
                "the account has no such number, pool or sender id; set \
                 sms.aws.origination_identity to one that it has in sms.aws.region",
            ),
            Err(refusal) => refused(SENDER, &refusal, "sms.aws.origination_identity"),
        }
    }

    /// Looks whether this configuration set exists and tells this topic how messages end, without
    /// which no receipt comes.
    pub async fn inspect_set(&self, name: &str, topic_arn: &str) -> Inspection {
        let look = self.client.describe_configuration_sets().configuration_set_names(name);
        match look.send().await.map_err(|error| aws::refusal(&error)) {
            Ok(found) => {
                let sets = found.configuration_sets().iter();
                let destinations = sets.flat_map(|set| set.event_destinations());
                destinations_found(destinations.filter(|it| it.enabled), topic_arn)
            }
            Err(refusal) => refused(EVENTS, &refusal, SET),
        }
    }

    async fn pool(&self, pool: &str) -> Result<Option<String>, Refusal> {
        let found = self.client.describe_pools().pool_ids(pool).send().await;
        let found = found.map_err(|error| aws::refusal(&error))?;
        Ok(found.pools().first().map(|pool| pool.status.as_str().to_owned()))
    }

    /// By its id or ARN, or among all by its digits.
    async fn number(&self, number: &str) -> Result<Option<String>, Refusal> {
        let is_named = !is_dialled(number);
        let by_id = is_named.then(|| vec![number.to_owned()]);
        let look = self.client.describe_phone_numbers().set_phone_number_ids(by_id);
        let mut numbers = look.into_paginator().items().send();
        while let Some(own) = numbers.next().await {
            let own = own.map_err(|error| aws::refusal(&error))?;
            if is_named || digits(&own.phone_number) == digits(number) {
                return Ok(Some(own.status.as_str().to_owned()));
            }
        }
        Ok(None)
    }

    /// A sender id has no state: it is there or not.
    async fn sender_id(&self, sender_id: &str) -> Result<Option<String>, Refusal> {
        let mut sender_ids = self.client.describe_sender_ids().into_paginator().items().send();
        while let Some(own) = sender_ids.next().await {
            let own = own.map_err(|error| aws::refusal(&error))?;
            if [&own.sender_id, &own.sender_id_arn].contains(&&sender_id.to_owned()) {
                return Ok(Some("ACTIVE".to_owned()));
            }
        }
        Ok(None)
    }
}

/// A number as it is dialled; AWS takes it with or without its plus.
fn is_dialled(identity: &str) -> bool {
    let digits = digits(identity);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

/// Whether this topic is among where a set's events go, and is told enough of them.
fn destinations_found<'a>(
    destinations: impl Iterator<Item = &'a EventDestination>,
    topic_arn: &str,
) -> Inspection {
    let types = |it: &'a EventDestination| {
        it.sns_destination().map(|sns| (sns.topic_arn(), it.matching_event_types()))
    };
    let topics: Vec<_> = destinations.filter_map(types).collect();
    let ours = topics.iter().filter(|(topic, _)| *topic == topic_arn);
    let ours: Vec<_> = ours.map(|(_, types)| *types).collect();
    let fault = match (&topics[..], &ours[..], untold(&ours)) {
        ([], ..) => NO_TOPIC.to_owned(),
        (_, [], _) => OTHER_TOPIC.to_owned(),
        (.., Some(kind)) => {
            format!("{SET} leaves {kind} out; let its event destination match TEXT_ALL")
        }
        (.., None) => return Inspection::sound(EVENTS, "go to the topic"),
    };
    Inspection::fault(EVENTS, fault)
}

/// The first kind of what ends a message that none of these filters lets through.
fn untold(filters: &[&[EventType]]) -> Option<&'static str> {
    let told: Vec<_> = filters.iter().copied().flatten().map(EventType::as_str).collect();
    let tells = |kind: &str| ["ALL", "TEXT_ALL", kind].iter().any(|it| told.contains(it));
    ENDS.into_iter().find(|kind| !tells(kind))
}

/// Who may send need not be allowed to look.
fn refused(what: &str, refusal: &Refusal, key: &str) -> Inspection {
    match refusal.trouble {
        Trouble::Permission => {
            Inspection::warning(what, format!("can't be looked at: {}", refusal.detail))
        }
        Trouble::NotFound => {
            let remedy = format!("set {key} to one that the account has in sms.aws.region");
            Inspection::refused(what, refusal, &remedy)
        }
        trouble => Inspection::refused(what, refusal, aws::remedy(trouble)),
    }
}
