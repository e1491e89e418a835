//! What `pombo templates push` and `pombo check` make of a configuration: the template as it should
//! be, and the account that it is kept in.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, anyhow};

#[cfg(feature = "aws")]
use super::parts;
#[cfg(feature = "aws")]
use crate::delivery::whatsapp::aws_templates::AwsTemplates;
use crate::{
    config::{self, Config, Whatsapp, WhatsappProvider},
    delivery::whatsapp::{
        cloud_templates::CloudTemplates,
        definition::{App, Button, Definition},
        graph::{Graph, GraphSettings},
        templates::Templates,
    },
    otp::{Channel, Rules},
};

/// The configured template.
///
/// # Errors
///
/// WhatsApp is not configured.
pub fn definition(config: &Config) -> anyhow::Result<Definition> {
    let template = &whatsapp(config)?.template;
    let code_ttl = shortest_life(&config.rules);
    Ok(Definition {
        name: template.name.clone(),
        languages: languages(template),
        code_ttl,
        message_ttl: template
            .message_ttl
            .or_else(|| fallback_wait(&config.rules))
            .unwrap_or(code_ttl),
        button: button(template),
    })
}

/// The accounts that the template is kept in: one for each road to WhatsApp, in their order.
///
/// # Errors
///
/// WhatsApp is not configured, or not whose account it is; or there is no HTTP client.
pub async fn templates(config: &Config) -> anyhow::Result<Vec<Box<dyn Templates>>> {
    let whatsapp = whatsapp(config)?;
    let mut accounts: Vec<Box<dyn Templates>> = Vec::new();
    for provider in &whatsapp.order {
        match (provider, &whatsapp.cloud, &whatsapp.aws) {
            (WhatsappProvider::Cloud, Some(cloud), _) => accounts.push(at_meta(cloud)?),
            #[cfg(feature = "aws")]
            (WhatsappProvider::Aws, _, Some(aws)) => {
                accounts.push(Box::new(at_aws(config, aws).await));
            }
            _ => {}
        }
    }
    Ok(accounts)
}

/// The account at AWS.
#[cfg(feature = "aws")]
pub(super) async fn at_aws(config: &Config, aws: &config::WhatsappAws) -> AwsTemplates {
    let access = parts::access(config, &aws.region, aws.endpoint_url.as_ref());
    AwsTemplates::new(&access.sdk().await, aws.phone_number_id.clone())
}

/// The account at Meta itself.
pub(super) fn at_meta(cloud: &config::Cloud) -> anyhow::Result<Box<dyn Templates>> {
    let account = cloud.business_account_id.clone().ok_or_else(|| {
        anyhow!(
            "whatsapp.cloud.business_account_id is missing; set it to the id of the WhatsApp \
             Business Account that the number belongs to"
        )
    })?;
    Ok(Box::new(CloudTemplates::new(graph(cloud)?, account)))
}

/// Meta's own API.
pub(super) fn graph(cloud: &config::Cloud) -> anyhow::Result<Graph> {
    let settings = GraphSettings {
        base_url: cloud.base_url.as_str().to_owned(),
        api_version: cloud.api_version.clone(),
        access_token: cloud.access_token.clone(),
    };
    Graph::new(settings).context("whatsapp.cloud")
}

/// The earliest that silence on WhatsApp leads to another channel; `None` if it never does.
pub fn fallback_wait(rules: &Rules) -> Option<Duration> {
    let falls_back = |plan: &[Channel]| {
        let step = plan.iter().position(|channel| *channel == Channel::Whatsapp);
        step.is_some_and(|step| step + 1 < plan.len())
    };
    let policies = rules.policies.iter().filter(|policy| falls_back(&policy.plan));
    policies.map(|policy| policy.undelivered).min()
}

fn whatsapp(config: &Config) -> anyhow::Result<&Whatsapp> {
    let missing =
        || anyhow!("whatsapp.provider is none, so there is no template; choose a provider");
    config.whatsapp.as_ref().ok_or_else(missing)
}

/// What the message may promise, whatever a code is for.
fn shortest_life(rules: &Rules) -> Duration {
    rules.policies.iter().map(|policy| policy.ttl).min().unwrap_or_default()
}

/// Each language that a recipient may get, once; the usual one first.
pub(super) fn languages(template: &config::Template) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = [&template.language].into_iter().chain(template.languages.values());
    all.filter(|language| seen.insert(*language)).cloned().collect()
}

fn button(template: &config::Template) -> Button {
    let apps = template.apps.iter().map(|app| App {
        package_name: app.package_name.clone(),
        signature_hash: app.signature_hash.clone(),
    });
    match template.button {
        config::Button::CopyCode => Button::CopyCode,
        config::Button::OneTap => Button::OneTap(apps.collect()),
        config::Button::ZeroTap => Button::ZeroTap(apps.collect()),
    }
}
