//! A look at what AWS sends text messages from, and at the set that their events go by.

use aws_config::SdkConfig;
use aws_sdk_pinpointsmsvoicev2::Client;

use crate::delivery::{Inspection, Refusal, Trouble, aws_inspect as aws};

const SENDER: &str = "sms sender";
const EVENTS: &str = "sms events";

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
            pool if pool.contains("pool-") || pool.contains(":pool/") => self.pool(pool).await,
            number if number.starts_with('+') || number.contains("phone-") => {
                self.number(number).await
            }
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

    /// Looks whether this configuration set exists and lets events out, without which no receipt
    /// comes.
    pub async fn inspect_set(&self, name: &str) -> Inspection {
        let look = self.client.describe_configuration_sets().configuration_set_names(name);
        match look.send().await.map_err(|error| aws::refusal(&error)) {
            Ok(found) => {
                let destinations =
                    found.configuration_sets().iter().flat_map(|set| set.event_destinations());
                let topics = destinations
                    .filter(|destination| destination.enabled)
                    .filter(|destination| destination.sns_destination.is_some());
                match topics.count() {
                    0 => Inspection::fault(
                        EVENTS,
                        "sms.aws.configuration_set sends no events to a topic, so no receipt comes; \
                         add an event destination of the kind SNS",
                    ),
                    _ => Inspection::sound(EVENTS, "go to a topic"),
                }
            }
            Err(refusal) => refused(EVENTS, &refusal, "sms.aws.configuration_set"),
        }
    }

    async fn pool(&self, pool: &str) -> Result<Option<String>, Refusal> {
        let found = self.client.describe_pools().pool_ids(pool).send().await;
        let found = found.map_err(|error| aws::refusal(&error))?;
        Ok(found.pools().first().map(|pool| pool.status.as_str().to_owned()))
    }

    /// By its id or ARN, or among all by its digits.
    async fn number(&self, number: &str) -> Result<Option<String>, Refusal> {
        let by_id = (!number.starts_with('+')).then(|| vec![number.to_owned()]);
        let is_named = by_id.is_some();
        let look = self.client.describe_phone_numbers().set_phone_number_ids(by_id);
        let mut numbers = look.into_paginator().items().send();
        while let Some(own) = numbers.next().await {
            let own = own.map_err(|error| aws::refusal(&error))?;
            if is_named || own.phone_number == number {
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
