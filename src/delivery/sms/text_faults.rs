//! What can be wrong with the configured words, found before the first message instead of by it.

use super::text::{TextSettings, Texts};
use crate::otp::code::LENGTHS;

/// Most characters that a provider takes.
const MAX_CHARS: usize = 1600;

/// Most bytes of a message that Android's SMS Retriever looks at.
const MAX_RETRIEVER_BYTES: usize = 140;

/// Why texts can't be used. Names the key of the configuration, as it stands below `sms`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// A message without its code.
    #[error("{0} lacks {{code}}")]
    NoCode(String),
    /// Most likely a misspelled `{code}` or `{brand}`.
    #[error("{0} has a brace that belongs to neither {{code}} nor {{brand}}")]
    StrayBrace(String),
    /// Providers refuse it.
    #[error("{0} is longer than {MAX_CHARS} characters")]
    TooLong(String),
    /// The app would not get it.
    #[error("{0} is longer than the {MAX_RETRIEVER_BYTES} bytes that Android hands to an app")]
    TooLongForAndroid(String),
    /// Not a host name.
    #[error("web_otp_host must be a host name alone, like otp.example.com")]
    WebOtpHost,
    /// Not a hash.
    #[error("android_hash must be the 11 characters of base64 that Google's tool prints")]
    AndroidHash,
}

/// Every fault of the settings, and of the texts that were made of them.
pub(super) fn faults(settings: &TextSettings, texts: &Texts) -> Vec<TextFault> {
    let named = settings.texts.iter().map(|(tag, text)| (format!("texts.{tag}"), text));
    let named = named.chain(settings.text.iter().map(|text| ("text".to_owned(), text)));
    let mut faults: Vec<_> = named.filter_map(|(key, text)| placeholders(key, text)).collect();
    faults.extend(program_lines(settings));
    faults.extend(lengths(settings, texts));
    faults
}

fn placeholders(key: String, text: &str) -> Option<TextFault> {
    if !text.contains("{code}") {
        return Some(TextFault::NoCode(key));
    }
    let rest = text.replace("{code}", "").replace("{brand}", "");
    rest.contains(['{', '}']).then_some(TextFault::StrayBrace(key))
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
fn lengths(settings: &TextSettings, texts: &Texts) -> Vec<TextFault> {
    let digits = "0".repeat(usize::from(*LENGTHS.end()));
    let for_app = settings.android_hash.is_some();
    let fault = |(key, text): (String, zeroize::Zeroizing<String>)| {
        if text.chars().count() > MAX_CHARS {
            return Some(TextFault::TooLong(key));
        }
        let unseen = for_app && text.len() > MAX_RETRIEVER_BYTES;
        unseen.then_some(TextFault::TooLongForAndroid(key))
    };
    texts.render_all(&digits).filter_map(fault).collect()
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
        let stray = "text has a brace that belongs to neither {code} nor {brand}";
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
        let fault = "text is longer than the 140 bytes that Android hands to an app";
        assert_eq!(faults(unseen), [fault]);
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
