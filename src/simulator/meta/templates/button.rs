//! The one button of an authentication template: it copies the code, or hands it to an app.

use serde_json::Value;

use super::super::{content::plain, error::GraphError, fields::Fields};

/// Meta's limit for a button's text, in characters.
const LONGEST_TEXT: usize = 25;
const MOST_APPS: usize = 5;
const LONGEST_PACKAGE: usize = 224;
const HASH_LENGTH: usize = 11;

const KNOWN: &[&str] =
    &["type", "otp_type", "text", "autofill_text", "supported_apps", "zero_tap_terms_accepted"];

/// How the code gets from the message into the app.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Otp {
    CopyCode,
    OneTap,
    ZeroTap,
}

pub(super) struct Button {
    pub otp: Otp,
    pub text: Option<String>,
}

impl Button {
    /// `in_bulk`: in many languages at once no text may be given.
    pub fn read(value: &Value, in_bulk: bool) -> Result<Self, GraphError> {
        let button = Fields::read(value, "button", KNOWN)?;
        if !button.text("type")?.eq_ignore_ascii_case("otp") {
            return Err(button.not_valid("type", "must be OTP"));
        }
        let otp = otp(&button)?;
        let text = label(&button, "text", in_bulk)?;
        label(&button, "autofill_text", in_bulk)?;
        if otp == Otp::CopyCode {
            only_for_apps(&button)?;
        } else {
            apps(&button)?;
            terms(&button, otp)?;
        }
        Ok(Self { otp, text })
    }
}

impl Otp {
    pub fn word(self) -> &'static str {
        match self {
            Self::CopyCode => "COPY_CODE",
            Self::OneTap => "ONE_TAP",
            Self::ZeroTap => "ZERO_TAP",
        }
    }
}

fn otp(button: &Fields) -> Result<Otp, GraphError> {
    let word = button.text("otp_type")?;
    let all = [Otp::CopyCode, Otp::OneTap, Otp::ZeroTap];
    all.into_iter()
        .find(|otp| otp.word().eq_ignore_ascii_case(word))
        .ok_or_else(|| button.not_valid("otp_type", "must be one of COPY_CODE, ONE_TAP, ZERO_TAP"))
}

fn label(button: &Fields, key: &str, in_bulk: bool) -> Result<Option<String>, GraphError> {
    let Some(text) = button.optional_text(key)? else {
        return Ok(None);
    };
    if in_bulk {
        return Err(button.not_valid(key, "is not supported for many languages at once"));
    }
    if text.is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(button.not_valid(key, "must have 1 to 25 characters"));
    }
    Ok(Some(plain(text)?.to_owned()))
}

fn only_for_apps(button: &Fields) -> Result<(), GraphError> {
    let keys = ["autofill_text", "supported_apps", "zero_tap_terms_accepted"];
    match keys.into_iter().find(|key| button.has(key)) {
        Some(key) => Err(button.not_valid(key, "is for one-tap and zero-tap buttons only")),
        None => Ok(()),
    }
}

fn terms(button: &Fields, otp: Otp) -> Result<(), GraphError> {
    let key = "zero_tap_terms_accepted";
    match (otp, button.optional_flag(key)?) {
        (Otp::ZeroTap, Some(true)) | (Otp::OneTap, None) => Ok(()),
        (Otp::ZeroTap, _) => Err(button.not_valid(key, "must be true for a zero-tap button")),
        _ => Err(button.not_valid(key, "is for zero-tap buttons only")),
    }
}

fn apps(button: &Fields) -> Result<(), GraphError> {
    let apps = button.list("supported_apps")?;
    if !(1..=MOST_APPS).contains(&apps.len()) {
        return Err(button.not_valid("supported_apps", "must have 1 to 5 entries"));
    }
    for app in apps {
        let app = Fields::read(app, "supported_apps", &["package_name", "signature_hash"])?;
        if !package(app.text("package_name")?) {
            let rule = "must be an Android package name of at most 224 characters";
            return Err(app.not_valid("package_name", rule));
        }
        if !hash(app.text("signature_hash")?) {
            let rule = "must be 11 characters of A-Z, a-z, 0-9, +, / and =";
            return Err(app.not_valid("signature_hash", rule));
        }
    }
    Ok(())
}

fn package(name: &str) -> bool {
    let segment = |segment: &str| {
        segment.starts_with(|c: char| c.is_ascii_alphabetic())
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name.len() <= LONGEST_PACKAGE && name.contains('.') && name.split('.').all(segment)
}

fn hash(hash: &str) -> bool {
    hash.len() == HASH_LENGTH
        && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
}
