//! The definition of an authentication template, as Meta takes it: fixed texts, a few choices.

use serde_json::Value;

use super::{Fault, unfit};

const KNOWN: &[&str] = &["name", "language", "category", "components", "message_send_ttl_seconds"];
const LONGEST_NAME: usize = 512;
const LONGEST_LABEL: usize = 25;
const MOST_APPS: usize = 5;

/// A template as it was asked for.
pub(super) struct Definition {
    pub name: String,
    pub language: String,
    pub components: Value,
}

impl Definition {
    pub fn read(blob: &[u8]) -> Result<Self, Fault> {
        let value: Value =
            serde_json::from_slice(blob).map_err(|_| unfit("The definition is not JSON."))?;
        known(&value, KNOWN)?;
        let name = text(&value, "name")?;
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        check(!name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(allowed), "name")?;
        let language = text(&value, "language")?;
        check(is_language(language), "language")?;
        // Anything but authentication is of no use here.
        check(is(&value["category"], "authentication"), "category")?;
        check(is_ttl(&value["message_send_ttl_seconds"]), "message_send_ttl_seconds")?;
        components(&value["components"])?;
        Ok(Self {
            name: name.to_owned(),
            language: language.to_owned(),
            components: value["components"].clone(),
        })
    }
}

/// Checks the parts of an authentication template: a body, a footer if wanted, one button for the code.
pub(super) fn components(value: &Value) -> Result<(), Fault> {
    let parts = value.as_array().ok_or_else(|| wrong("components"))?;
    let count = |kind: &str| parts.iter().filter(|part| is(&part["type"], kind)).count();
    let (bodies, footers, buttons) = (count("body"), count("footer"), count("buttons"));
    let all = bodies + footers + buttons == parts.len();
    check(all && bodies == 1 && footers <= 1 && buttons == 1, "components")?;
    parts.iter().try_for_each(component)
}

fn component(part: &Value) -> Result<(), Fault> {
    match part["type"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "body" => {
            known(part, &["type", "add_security_recommendation"])?;
            let advice = &part["add_security_recommendation"];
            check(advice.is_null() || advice.is_boolean(), "add_security_recommendation")
        }
        "footer" => {
            known(part, &["type", "code_expiration_minutes"])?;
            let minutes = part["code_expiration_minutes"].as_u64();
            check(minutes.is_some_and(|m| (1..=90).contains(&m)), "code_expiration_minutes")
        }
        _ => {
            known(part, &["type", "buttons"])?;
            let buttons = part["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
            check(buttons.len() == 1, "buttons")?;
            buttons.iter().try_for_each(button)
        }
    }
}

fn button(button: &Value) -> Result<(), Fault> {
    let keys = ["type", "otp_type", "text", "autofill_text", "zero_tap_terms_accepted"];
    known(button, &[&keys[..], &["supported_apps"]].concat())?;
    check(is(&button["type"], "otp"), "buttons.type")?;
    for label in ["text", "autofill_text"] {
        let long = |text: &str| text.chars().count() > LONGEST_LABEL;
        check(!button[label].as_str().is_some_and(long), label)?;
    }
    if is(&button["otp_type"], "copy_code") {
        return Ok(());
    }
    let zero = is(&button["otp_type"], "zero_tap");
    check(zero || is(&button["otp_type"], "one_tap"), "otp_type")?;
    check(!zero || button["zero_tap_terms_accepted"] == true, "zero_tap_terms_accepted")?;
    let apps = button["supported_apps"].as_array().map(Vec::as_slice).unwrap_or_default();
    check((1..=MOST_APPS).contains(&apps.len()) && apps.iter().all(is_app), "supported_apps")
}

fn is_app(app: &Value) -> bool {
    let (name, hash) = (&app["package_name"], app["signature_hash"].as_str().unwrap_or_default());
    let letter = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let named = name.as_str().is_some_and(|name| {
        let parts: Vec<_> = name.split('.').collect();
        name.len() <= 224 && parts.len() >= 2 && parts.into_iter().all(letter)
    });
    let hashed = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
    named && hash.len() == 11 && hash.bytes().all(hashed)
}

fn is_language(text: &str) -> bool {
    let (language, country) = text.split_once('_').unwrap_or((text, "XX"));
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
}

/// For authentication.
fn is_ttl(value: &Value) -> bool {
    value.is_null() || value.as_i64().is_some_and(|s| s == -1 || (30..=900).contains(&s))
}

/// Meta minds no case in its own words.
fn is(value: &Value, word: &str) -> bool {
    value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(word))
}

fn known(value: &Value, keys: &[&str]) -> Result<(), Fault> {
    let map = value.as_object().ok_or_else(|| unfit("The definition must be an object."))?;
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(wrong(key)),
        None => Ok(()),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Fault> {
    value[key].as_str().ok_or_else(|| wrong(key))
}

fn check(good: bool, what: &str) -> Result<(), Fault> {
    if good { Ok(()) } else { Err(wrong(what)) }
}

fn wrong(what: &str) -> Fault {
    unfit(format!("The template's {what} is not valid."))
}
