//! `[whatsapp.template]`: the authentication template, as it is sent and as `pombo templates push`
//! makes it.

use std::{collections::BTreeMap, time::Duration};

use super::{
    kind::{FLAG, Kind, lasting, spelled},
    provider::by_language,
    section::Section,
};

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
    /// The Android apps that `one_tap` and `zero_tap` fill the code into, 1 to 5; none otherwise.
    pub apps: Vec<App>,
    /// How long Meta tries to deliver a message, 30 s to 15 min. Default what fits the fallback.
    pub message_ttl: Option<Duration>,
}

/// An Android app, as Meta's handshake knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its package name, like `com.example.app`.
    pub package_name: String,
    /// The 11 characters of its signing key's hash.
    pub signature_hash: String,
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

const APPS: usize = 5;

const APP: Kind<App> = Kind::new(
    "Android apps, each its package's name, a colon and the 11 characters of its signature's hash, \
     like \"com.example.app:K8a/AINcGX7\"",
    |text| {
        let (package, hash) = text.split_once(':')?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
        let package_name = spelled(package, 3..=224, allowed)?;
        let begins = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
        let sound = package.contains('.') && package.split('.').all(begins);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        let signature_hash = spelled(hash, 11..=11, allowed)?;
        sound.then_some(App { package_name, signature_hash })
    },
);

const MESSAGE_TTL: Kind<Duration> =
    Kind::new("a duration of whole seconds from \"30s\" to \"15m\"", |text| {
        let ttl = lasting(text).filter(|ttl| ttl.subsec_nanos() == 0)?;
        (30..=900).contains(&ttl.as_secs()).then_some(ttl)
    });

pub(super) fn read(mut keys: Section<'_>) -> Template {
    let template = Template {
        name: keys.need("name", &TEMPLATE, "verification_code".into()),
        language: keys.get("language", &LANGUAGE).unwrap_or("pt_BR".into()),
        languages: by_language(&mut keys, "languages", &LANGUAGE),
        button: keys.get("button", &BUTTON).unwrap_or(Button::CopyCode),
        apps: keys.list("apps", &APP).unwrap_or_default(),
        message_ttl: keys.get("message_ttl", &MESSAGE_TTL),
    };
    let accepted = keys.get("zero_tap_terms_accepted", &FLAG).unwrap_or(false);
    check(&mut keys, &template, accepted);
    template
}

/// What Meta refuses, or would silently make another button of.
fn check(keys: &mut Section<'_>, template: &Template, accepted: bool) {
    let button = template.button.as_str();
    match (template.button, template.apps.len()) {
        (Button::CopyCode, 0) | (Button::OneTap | Button::ZeroTap, 1..=APPS) => {}
        (Button::CopyCode, _) => keys.refuse(
            "apps",
            "is said, but a copy_code button opens no app; leave it out, or set \
             whatsapp.template.button to one_tap or zero_tap",
        ),
        (_, 0) => {
            let sentence = format!(
                "is missing, but a {button} button fills the code into an app; it must be {}",
                APP.accepts()
            );
            keys.refuse("apps", sentence);
        }
        _ => keys.refuse("apps", format!("names more than {APPS} apps; Meta takes no more")),
    }
    if template.button == Button::ZeroTap && !accepted {
        keys.refuse(
            "zero_tap_terms_accepted",
            "is not true, and Meta makes no zero_tap template without it; read Meta's terms for \
             zero-tap authentication, then set it to true, or use one_tap",
        );
    }
}
