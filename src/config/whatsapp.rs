//! `[whatsapp]`: who carries authentication templates, and which template.

use std::num::NonZeroU32;

use secrecy::SecretString;

use super::{
    Mode,
    aws::{self, WhatsappAws},
    kind::{DIGITS, Kind, SECRET, spelled},
    origin::Origin,
    provider::{RATE, api, per_second, providers},
    reader::Reader,
    section::Section,
    template::{self, Template},
};

/// Who carries WhatsApp messages, and what they carry.
#[derive(Clone, Debug)]
pub struct Whatsapp {
    /// The providers, in the order in which they are to be tried.
    pub order: Vec<WhatsappProvider>,
    /// Meta's Cloud API, if it is one of them.
    pub cloud: Option<Cloud>,
    /// AWS, if it is one of them.
    pub aws: Option<WhatsappAws>,
    /// What is sent.
    pub template: Template,
}

/// A provider of WhatsApp messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatsappProvider {
    /// Meta itself.
    Cloud,
    /// AWS End User Messaging Social.
    Aws,
}

impl WhatsappProvider {
    /// As the configuration spells it, and deliveries and metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Aws => "aws",
        }
    }
}

/// `[whatsapp.cloud]`: an account of Meta's Cloud API.
///
/// In `dev` it is complete too: whatever is not said has a made-up value, and `base_url` leads
/// nowhere beyond this machine until `dev` puts its simulator there.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The Graph API. Default `https://graph.facebook.com`.
    pub base_url: Origin,
    /// Its version, in the path. Default `v25.0`.
    pub api_version: String,
    /// The sending number's id, digits.
    pub phone_number_id: String,
    /// The WhatsApp Business Account, digits; for the templates only.
    pub business_account_id: Option<String>,
    /// Bearer token of the API.
    pub access_token: SecretString,
    /// Key of the callbacks' signatures.
    pub app_secret: SecretString,
    /// What Meta repeats when it subscribes to the webhook.
    pub verify_token: SecretString,
    /// Messages a second of this process, 1 to 1000. Default 80, Meta's own first limit.
    pub rate: NonZeroU32,
}

const PROVIDER: Kind<Option<WhatsappProvider>> = Kind::new(
    "\"cloud\", \"aws\", both in the order in which they are to be tried, or \"none\"",
    |text| match text {
        "cloud" => Some(Some(WhatsappProvider::Cloud)),
        "aws" => Some(Some(WhatsappProvider::Aws)),
        "none" => Some(None),
        _ => None,
    },
);

const VERSION: Kind<String> = Kind::new("a version of the Graph API, like \"v25.0\"", |text| {
    let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
    let number = |part| spelled(part, 1..=4, |c| c.is_ascii_digit());
    number(major).and(number(minor)).map(|_| text.to_owned())
});

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Whatsapp> {
    let mut keys = reader.section("whatsapp");
    let (order, right) =
        providers(&mut keys, &PROVIDER, WhatsappProvider::Aws, WhatsappProvider::Cloud);
    let demands = |provider| order.contains(&provider) && right && mode.is_strict();
    // All sections are read, so that whatever is wrong in any is found.
    let cloud = cloud(keys.below("cloud").demanding(demands(WhatsappProvider::Cloud)), mode);
    let aws = aws::whatsapp(keys.below("aws").demanding(demands(WhatsappProvider::Aws)), mode);
    let template = keys.below("template");
    let template =
        template::read(template.demanding(!order.is_empty() && right && mode.is_strict()));
    let has = |provider| order.contains(&provider);
    (!order.is_empty()).then(|| Whatsapp {
        cloud: has(WhatsappProvider::Cloud).then_some(cloud),
        aws: has(WhatsappProvider::Aws).then_some(aws),
        order: order.clone(),
        template,
    })
}

fn cloud(mut keys: Section<'_>, mode: Mode) -> Cloud {
    Cloud {
        base_url: api(&mut keys, mode, "graph.facebook.com"),
        api_version: keys.get("api_version", &VERSION).unwrap_or("v25.0".into()),
        phone_number_id: keys.need("phone_number_id", &DIGITS, "106540352242922".into()),
        business_account_id: keys.get("business_account_id", &DIGITS),
        access_token: keys.need("access_token", &SECRET, "simulated-access-token".into()),
        app_secret: keys.need("app_secret", &SECRET, "simulated-app-secret".into()),
        verify_token: keys.need("verify_token", &SECRET, "simulated-verify-token".into()),
        rate: keys.get("rate", &RATE).unwrap_or(per_second(80)),
    }
}
