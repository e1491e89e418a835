//! `[whatsapp]`: who carries authentication templates, and which template.

use std::{collections::BTreeMap, num::NonZeroU32};

use secrecy::SecretString;

use super::{
    Mode,
    kind::{DIGITS, Kind, SECRET, spelled},
    origin::Origin,
    provider::{RATE, api, by_language, per_second},
    reader::Reader,
    section::Section,
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

/// `[whatsapp.template]`: the authentication template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, as Meta spells it, for whoever asks for no other. Default `pt_BR`.
    pub language: String,
    /// Its other languages: BCP 47 in small letters with hyphens, to Meta's spelling.
    pub languages: BTreeMap<String, String>,
    /// Its button. Default `copy_code`. The message is the same with each.
    pub button: Button,
}

/// The button of an authentication template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Copies the code.
    CopyCode,
    /// Opens the app and fills the code in.
    OneTap,
    /// The app gets the code without a tap.
    ZeroTap,
}

impl Button {
    /// As configuration and Meta's templates spell it, in small letters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CopyCode => "copy_code",
            Self::OneTap => "one_tap",
            Self::ZeroTap => "zero_tap",
        }
    }
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

const TEMPLATE: Kind<String> =
    Kind::new("a template's name: small letters, digits and _", |text| {
        spelled(text, 1..=512, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });

const LANGUAGE: Kind<String> =
    Kind::new("a language as Meta spells it, like \"pt_BR\" or \"en\"", |text| {
        let plausible = text.starts_with(|c: char| c.is_ascii_lowercase());
        spelled(text, 2..=16, |c| c.is_ascii_alphanumeric() || c == '_').filter(|_| plausible)
    });

const BUTTON: Kind<Button> = Kind::new("\"copy_code\", \"one_tap\" or \"zero_tap\"", |text| {
    let buttons = [Button::CopyCode, Button::OneTap, Button::ZeroTap];
    buttons.into_iter().find(|button| button.as_str() == text)
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
        template: template(keys.below("template")),
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

fn template(mut keys: Section<'_>) -> Template {
    Template {
        name: keys.need("name", &TEMPLATE, "verification_code".into()),
        language: keys.get("language", &LANGUAGE).unwrap_or("pt_BR".into()),
        languages: by_language(&mut keys, "languages", &LANGUAGE),
        button: keys.get("button", &BUTTON).unwrap_or(Button::CopyCode),
    }
}
