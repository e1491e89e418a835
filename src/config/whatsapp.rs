//! `[whatsapp]`: who carries authentication templates, and which template.

use std::num::NonZeroU32;

use secrecy::SecretString;

use super::{
    Mode,
    kind::{DIGITS, Kind, SECRET, spelled},
    origin::Origin,
    provider::{RATE, api, per_second},
    reader::Reader,
    section::Section,
    template::{self, Template},
};

/// WhatsApp by Meta's Cloud API.
#[derive(Clone, Debug)]
pub struct Whatsapp {
    /// The account that sends.
    pub cloud: Cloud,
    /// What it sends.
    pub template: Template,
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

/// Whether there is a WhatsApp sender.
const PROVIDER: Kind<bool> = Kind::new("\"cloud\" or \"none\"", |text| match text {
    "cloud" => Some(true),
    "none" => Some(false),
    _ => None,
})
.later(|text| text == "aws");

const VERSION: Kind<String> = Kind::new("a version of the Graph API, like \"v25.0\"", |text| {
    let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
    let number = |part| spelled(part, 1..=4, |c| c.is_ascii_digit());
    number(major).and(number(minor)).map(|_| text.to_owned())
});

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Whatsapp> {
    let mut keys = reader.section("whatsapp");
    let said = keys.get("provider", &PROVIDER);
    // Who named a provider that there isn't need not hear what this one would need.
    let right = said.is_some() || !keys.says("provider");
    let wanted = said.unwrap_or(true);
    let mut keys = keys.demanding(wanted && right && mode.is_strict());
    let whatsapp = Whatsapp {
        cloud: cloud(keys.below("cloud"), mode),
        template: template::read(keys.below("template")),
    };
    wanted.then_some(whatsapp)
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
