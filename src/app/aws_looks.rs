//! `pombo check` at AWS: who it takes us for, the WhatsApp number, its template and where its receipts
//! go, what text messages come from and where their events go, and the topic for our own events.

use std::sync::Arc;

use aws_config::SdkConfig;

use super::{
    inspections::{Look, TEMPLATE, look, template},
    operator, parts,
};
use crate::{
    config::{Config, EventsTopic, Origin, SmsAws, WhatsappAws},
    delivery::{
        Inspection,
        aws_inspect::{self, IDENTITY},
        sms::aws_inspect::AwsSms,
        whatsapp::aws_inspect as number,
    },
    outwards::inspect::topic,
};

/// The looks at everything that goes by AWS, each for itself: one that is slow hides no other.
pub(super) fn looks(config: &Arc<Config>) -> Vec<Look> {
    let whatsapp = config.whatsapp.as_ref().and_then(|whatsapp| whatsapp.aws.clone());
    let sms = config.sms.as_ref().and_then(|sms| sms.aws.clone());
    let topic = config.events.topic.clone();
    let mut looks = Vec::new();
    if let Some((region, endpoint)) = somewhere(whatsapp.as_ref(), sms.as_ref(), topic.as_ref()) {
        looks.push(look(IDENTITY, identity(config.clone(), region, endpoint)));
    }
    if let Some(aws) = whatsapp {
        looks.push(look("whatsapp number", whatsapp_number(config.clone(), aws.clone())));
        looks.push(look("whatsapp events", whatsapp_events(config.clone(), aws.clone())));
        looks.push(look(TEMPLATE, whatsapp_template(config.clone(), aws)));
    }
    if let Some(aws) = sms {
        looks.push(look("sms sender", sms_sender(config.clone(), aws.clone())));
        looks.push(look("sms events", sms_events(config.clone(), aws)));
    }
    looks.extend(topic.map(|topic| look("events topic", events_topic(config.clone(), topic))));
    looks
}

/// Any region will do to be told who one is. What stands at a service's own address knows that service
/// alone, unless it is a stand-in for all of AWS on this machine.
fn somewhere(
    whatsapp: Option<&WhatsappAws>,
    sms: Option<&SmsAws>,
    topic: Option<&EventsTopic>,
) -> Option<(String, Option<Origin>)> {
    let whatsapp = whatsapp.map(|aws| (aws.region.clone(), aws.endpoint_url.clone()));
    let sms = sms.map(|aws| (aws.region.clone(), aws.endpoint_url.clone()));
    let topic = topic.map(|topic| (topic.region.clone(), topic.endpoint_url.clone()));
    let (region, endpoint) = whatsapp.or(sms).or(topic)?;
    Some((region, endpoint.filter(Origin::is_loopback)))
}

async fn sdk(config: &Config, region: &str, endpoint: Option<&Origin>) -> SdkConfig {
    parts::access(config, region, endpoint).sdk().await
}

async fn identity(
    config: Arc<Config>,
    region: String,
    endpoint: Option<Origin>,
) -> Vec<Inspection> {
    let sdk = sdk(&config, &region, endpoint.as_ref()).await;
    vec![aws_inspect::inspect_identity(&sdk).await]
}

async fn whatsapp_number(config: Arc<Config>, aws: WhatsappAws) -> Vec<Inspection> {
    let sdk = sdk(&config, &aws.region, aws.endpoint_url.as_ref()).await;
    vec![number::inspect(&sdk, &aws.phone_number_id).await]
}

async fn whatsapp_events(config: Arc<Config>, aws: WhatsappAws) -> Vec<Inspection> {
    let sdk = sdk(&config, &aws.region, aws.endpoint_url.as_ref()).await;
    let found = number::inspect_events(&sdk, &aws.phone_number_id, &aws.topic_arn).await;
    found.into_iter().collect()
}

async fn whatsapp_template(config: Arc<Config>, aws: WhatsappAws) -> Vec<Inspection> {
    let account = operator::at_aws(&config, &aws).await;
    let template = template(&config, Ok(Box::new(account))).await;
    template.unwrap_or_else(|refusal| {
        let remedy = aws_inspect::remedy(refusal.trouble);
        vec![Inspection::refused(TEMPLATE, &refusal, remedy)]
    })
}

async fn sms_account(config: &Config, aws: &SmsAws) -> AwsSms {
    AwsSms::new(&sdk(config, &aws.region, aws.endpoint_url.as_ref()).await)
}

async fn sms_sender(config: Arc<Config>, aws: SmsAws) -> Vec<Inspection> {
    let Some(identity) = &aws.origination_identity else { return Vec::new() };
    vec![sms_account(&config, &aws).await.inspect_sender(identity).await]
}

async fn sms_events(config: Arc<Config>, aws: SmsAws) -> Vec<Inspection> {
    vec![match &aws.configuration_set {
        Some(set) => sms_account(&config, &aws).await.inspect_set(set, &aws.topic_arn).await,
        None => Inspection::warning(
            "sms events",
            "sms.aws.configuration_set is not set: receipts come only if the account's default set \
             publishes to sms.aws.topic_arn",
        ),
    }]
}

async fn events_topic(config: Arc<Config>, aws: EventsTopic) -> Vec<Inspection> {
    let sdk = sdk(&config, &aws.region, aws.endpoint_url.as_ref()).await;
    vec![topic(&sdk, &aws.arn).await]
}
