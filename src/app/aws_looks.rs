//! `pombo check` at AWS: who it takes us for, the WhatsApp number and template, and what text messages
//! come from.

use std::sync::Arc;

use aws_config::SdkConfig;

use super::{
    inspections::{Look, template},
    operator, parts,
};
use crate::{
    config::{Config, Origin, SmsAws, WhatsappAws},
    delivery::{
        Inspection,
        aws_inspect::{self, IDENTITY},
        sms::aws_inspect::AwsSms,
        whatsapp::aws_inspect::inspect as inspect_number,
    },
};

const NUMBER: &str = "whatsapp number";
const SENDER: &str = "sms sender";

/// The looks at everything that goes by AWS.
pub(super) fn looks(config: &Arc<Config>) -> Vec<(&'static str, Look)> {
    let whatsapp = config.whatsapp.as_ref().and_then(|whatsapp| whatsapp.aws.clone());
    let sms = config.sms.as_ref().and_then(|sms| sms.aws.clone());
    let mut looks: Vec<(&'static str, Look)> = Vec::new();
    if let Some((region, endpoint)) = somewhere(config, whatsapp.as_ref(), sms.as_ref()) {
        let config = Arc::clone(config);
        looks.push((IDENTITY, Box::pin(identity(config, region, endpoint))));
    }
    if let Some(aws) = whatsapp {
        looks.push((NUMBER, Box::pin(by_whatsapp(Arc::clone(config), aws))));
    }
    if let Some(aws) = sms {
        looks.push((SENDER, Box::pin(by_sms(Arc::clone(config), aws))));
    }
    looks
}

/// Any region will do to be told who one is.
fn somewhere(
    config: &Config,
    whatsapp: Option<&WhatsappAws>,
    sms: Option<&SmsAws>,
) -> Option<(String, Option<Origin>)> {
    let whatsapp = whatsapp.map(|aws| (aws.region.clone(), aws.endpoint_url.clone()));
    let sms = sms.map(|aws| (aws.region.clone(), aws.endpoint_url.clone()));
    let topic = config.events.topic.as_ref();
    let topic = topic.map(|topic| (topic.region.clone(), topic.endpoint_url.clone()));
    whatsapp.or(sms).or(topic)
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

async fn by_whatsapp(config: Arc<Config>, aws: WhatsappAws) -> Vec<Inspection> {
    let sdk = sdk(&config, &aws.region, aws.endpoint_url.as_ref()).await;
    let account = operator::at_aws(&config, &aws).await;
    let number = inspect_number(&sdk, &aws.phone_number_id);
    let (number, template) = tokio::join!(number, template(&config, Ok(Box::new(account))));
    let template = template.unwrap_or_else(|refusal| {
        let remedy = aws_inspect::remedy(refusal.trouble);
        vec![Inspection::refused("template", &refusal, remedy)]
    });
    [number].into_iter().chain(template).collect()
}

async fn by_sms(config: Arc<Config>, aws: SmsAws) -> Vec<Inspection> {
    let account = AwsSms::new(&sdk(&config, &aws.region, aws.endpoint_url.as_ref()).await);
    let mut found = Vec::new();
    if let Some(identity) = &aws.origination_identity {
        found.push(account.inspect_sender(identity).await);
    }
    match &aws.configuration_set {
        Some(set) => found.push(account.inspect_set(set).await),
        None => found.push(Inspection::warning(
            "sms events",
            "sms.aws.configuration_set is not set: receipts come only if the account's default set \
             publishes to sms.aws.topic_arn",
        )),
    }
    found
}
