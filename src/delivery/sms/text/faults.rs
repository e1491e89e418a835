//! What can be wrong with the configured words, found before the first message instead of by it.

use std::collections::BTreeMap;

use super::{MAX_RETRIEVER_BYTES, TextSettings, Texts, payee::LEAST_PAYEE, words::Marks};
use crate::otp::{code::LENGTHS, transaction::Details};

/// Most characters that a provider takes.
const MAX_CHARS: usize = 1600;

/// Why texts can't be used. Names the key of the configuration, as it stands below `sms`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// A message without its code, or one of a payment without the payment.
    #[error("{0} lacks {1}")]
    Lacks(String, &'static str),
    /// Most likely a misspelled `{code}` or `{brand}`.
    #[error("{0} has a brace that belongs to none of {1}")]
    StrayBrace(String, &'static str),
    /// Providers refuse it.
    #[error("{0} is longer than {MAX_CHARS} characters")]
    TooLong(String),
    /// The app would not get it.
    #[error(
        "{0} makes messages longer than the {MAX_RETRIEVER_BYTES} bytes that Android hands to an \
         app; shorten it, or leave android_hash out"
    )]
    TooLongForAndroid(String),
    /// The payment would never be shown.
    #[error(
        "{0} leaves no room for amount and payee in a message of one segment; shorten it, or leave \
         it out"
    )]
    NoRoomForPayment(String),
    /// Not a host name.
    #[error("web_otp_host must be a host name alone, like otp.example.com")]
    WebOtpHost,
    /// Not a hash.
    #[error("android_hash must be the 11 characters of base64 that Google's tool prints")]
    AndroidHash,
}

/// What must stand in a text for a code, and in one for a payment; and all that may.
const CODE: (&[&str], &str) = (&["{code}"], "{code} and {brand}");
const PAYMENT: (&[&str], &str) =
    (&["{code}", "{amount}", "{payee}"], "{code}, {brand}, {amount} and {payee}");

/// Every fault of the settings, and of the texts that were made of them.
pub(super) fn faults(settings: &TextSettings, texts: &Texts) -> Vec<TextFault> {
    let codes = named("text", &settings.text, &settings.texts);
    let payments =
        named("transaction_text", &settings.transaction_text, &settings.transaction_texts);
    let mut faults = Vec::new();
    faults.extend(codes.iter().filter_map(|(key, text)| placeholders(key, text, CODE)));
    faults.extend(payments.iter().filter_map(|(key, text)| placeholders(key, text, PAYMENT)));
    faults.extend(program_lines(settings));
    let digits = "0".repeat(usize::from(*LENGTHS.end()));
    let too_long = |(key, text): &(String, &String)| {
        let host = settings.web_otp_host.as_deref();
        lengths(key, &texts.fill(&settings.branded(text), &digits, host), settings)
    };
    faults.extend(codes.iter().filter_map(too_long));
    let no_room = |(key, text): &(String, &String)| {
        let shown = texts.form(&settings.branded(text), &digits, &least(), Marks::Point);
        shown.is_none().then(|| TextFault::NoRoomForPayment(key.clone()))
    };
    faults.extend(payments.iter().filter_map(no_room));
    faults
}

/// Texts by their keys.
fn named<'a>(
    key: &str,
    default: &'a Option<String>,
    texts: &'a BTreeMap<String, String>,
) -> Vec<(String, &'a String)> {
    let named = texts.iter().map(|(tag, text)| (format!("{key}s.{tag}"), text));
    named.chain(default.iter().map(|text| (key.to_owned(), text))).collect()
}

/// A small payment to somebody whose name may just be cut no further.
fn least() -> Details {
    let (amount, currency) = ("1000".to_owned(), "BRL".to_owned());
    Details { amount, currency, payee: "x".repeat(LEAST_PAYEE) }
}

fn placeholders(
    key: &str,
    text: &str,
    (needed, known): (&'static [&'static str], &'static str),
) -> Option<TextFault> {
    if let Some(missing) = needed.iter().find(|name| !text.contains(**name)) {
        return Some(TextFault::Lacks(key.to_owned(), missing));
    }
    let names = needed.iter().chain(&["{brand}"]);
    let rest = names.fold(text.to_owned(), |text, name| text.replace(name, ""));
    rest.contains(['{', '}']).then(|| TextFault::StrayBrace(key.to_owned(), known))
}

fn program_lines(settings: &TextSettings) -> impl Iterator<Item = TextFault> {
    let plain = |text: &str, marks: &[u8]| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
    };
    let bad_host = |host: &String| host.is_empty() || !plain(host, b".-");
    let bad_hash = |hash: &String| hash.len() != 11 || !plain(hash, b"+/=");
    let host = settings.web_otp_host.as_ref().filter(|host| bad_host(host));
    let hash = settings.android_hash.as_ref().filter(|hash| bad_hash(hash));
    let host = host.map(|_| TextFault::WebOtpHost);
    host.into_iter().chain(hash.map(|_| TextFault::AndroidHash))
}

/// Too long with the longest code that can be configured.
fn lengths(key: &str, text: &str, settings: &TextSettings) -> Option<TextFault> {
    if text.chars().count() > MAX_CHARS {
        return Some(TextFault::TooLong(key.to_owned()));
    }
    let unseen = settings.android_hash.is_some() && text.len() > MAX_RETRIEVER_BYTES;
    unseen.then(|| TextFault::TooLongForAndroid(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(settings: TextSettings) -> Vec<String> {
        let faults = Texts::new(settings).err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect()
    }

    fn text(text: &str) -> TextSettings {
        TextSettings { text: Some(text.to_owned()), ..TextSettings::default() }
    }

    #[test]
    fn a_text_without_its_code_is_named() {
        let french = [("fr".to_owned(), "Bonjour".to_owned())].into();
        let both = TextSettings { texts: french, ..text("Hello {cod}") };
        assert_eq!(faults(both), ["texts.fr lacks {code}", "text lacks {code}"]);
        let stray = "text has a brace that belongs to none of {code} and {brand}";
        assert_eq!(faults(text("{code} {brnad}")), [stray]);
    }

    #[test]
    fn a_text_that_does_not_fit_is_named() {
        assert_eq!(faults(text(&format!("{{code}}{}", "a".repeat(1590)))), [""; 0]);
        let long = text(&format!("{{code}}{}", "a".repeat(1591)));
        assert_eq!(faults(long), ["text is longer than 1600 characters"]);
        let unseen = TextSettings {
            android_hash: Some("K8a/AINcGX7".to_owned()),
            ..text(&format!("{{code}}{}", "a".repeat(118)))
        };
        let fault = "text makes messages longer than the 140 bytes that Android hands to an app; \
                     shorten it, or leave android_hash out";
        assert_eq!(faults(unseen), [fault]);
    }

    #[test]
    fn a_payments_text_without_the_payment_or_without_room_for_it_is_named() {
        let own = |text: &str| TextSettings {
            transaction_text: Some(text.to_owned()),
            ..TextSettings::default()
        };
        assert_eq!(faults(own("{code} {amount} {payee} {brand}")), [""; 0]);
        assert_eq!(faults(own("{code} {amount}")), ["transaction_text lacks {payee}"]);
        let room = "transaction_text leaves no room for amount and payee in a message of one \
                    segment; shorten it, or leave it out";
        assert_eq!(faults(own(&("{code} {amount} {payee}".to_owned() + &"a".repeat(130)))), [room]);
    }

    #[test]
    fn lines_for_programs_are_checked() {
        for host in ["", "https://a.com", "a.com:443", "a.com "] {
            let settings = TextSettings { web_otp_host: Some(host.to_owned()), ..text("{code}") };
            assert_eq!(faults(settings).len(), 1, "{host:?}");
        }
        for hash in ["", "K8a/AINcGX", "K8a/AINcGX77", "K8a/AINcGX\n"] {
            let settings = TextSettings { android_hash: Some(hash.to_owned()), ..text("{code}") };
            assert_eq!(faults(settings).len(), 1, "{hash:?}");
        }
    }
}
