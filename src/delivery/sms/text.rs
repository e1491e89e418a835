//! What a text message says.
//!
//! Below the words may stand lines for programs: the hash that lets an Android app read the message
//! (SMS Retriever), then the line that binds the code to a website (WebOTP and iOS). The website's
//! must be the last. Google's page once asked for the hash at the very end; today it only asks for
//! it to be in the message, so with both set an old Play Services may not see its own.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::{
    delivery::language,
    otp::{Code, code::LENGTHS},
};

/// Most characters that a provider takes.
const MAX_CHARS: usize = 1600;

/// Most bytes of a message that Android's SMS Retriever looks at.
const MAX_RETRIEVER_BYTES: usize = 140;

const ENGLISH: &str = "{code} is your {brand} code.";

/// "Codigo" is spelled as Brazilian text messages do: ó is not in the GSM alphabet and would cut
/// the room of a segment from 160 characters to 70.
const PORTUGUESE: &str = "Seu codigo {brand}: {code}";

/// The configured words. `{code}` and `{brand}` are filled in.
#[derive(Clone, Debug, Default)]
pub struct TextSettings {
    /// Who sends.
    pub brand: String,
    /// For languages that `texts` does not have. Without it, English, and Portuguese for `pt`.
    pub text: Option<String>,
    /// By BCP 47 tag.
    pub texts: BTreeMap<String, String>,
    /// The website that a browser may fill the code in on: a host name, no scheme, no port.
    pub web_otp_host: Option<String>,
    /// The 11 characters that name the Android app.
    pub android_hash: Option<String>,
}

/// Why texts can't be used. Named by the key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
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

/// Texts that are in order: each names its code and fits.
pub struct Texts {
    default: String,
    texts: BTreeMap<String, String>,
    android_hash: Option<String>,
    web_otp_host: Option<String>,
}

impl Texts {
    /// Checks the words, with the longest code.
    pub fn new(settings: TextSettings) -> Result<Self, TextError> {
        let TextSettings {
            brand,
            text,
            mut texts,
            web_otp_host,
            android_hash,
        } = settings;
        // Who words the default themselves means it for every language they do not name.
        if text.is_none() && language::choose(&texts, "pt").is_none() {
            texts.insert("pt".to_owned(), PORTUGUESE.to_owned());
        }
        if text.is_none() && language::choose(&texts, "en").is_none() {
            texts.insert("en".to_owned(), ENGLISH.to_owned());
        }
        let mut all = Self {
            default: text.unwrap_or(ENGLISH.to_owned()),
            texts,
            android_hash,
            web_otp_host,
        };
        all.check_lines()?;
        let named = all
            .texts
            .iter_mut()
            .map(|(tag, text)| (format!("texts.{tag}"), text));
        for (key, text) in named.chain([("text".to_owned(), &mut all.default)]) {
            check_placeholders(&key, text)?;
            *text = text.trim_end().replace("{brand}", &brand);
        }
        all.check_length()?;
        Ok(all)
    }

    /// The message for a code. Its last line ends without a line break, or it would not be the last.
    pub fn render(&self, language: &str, code: &Code) -> Zeroizing<String> {
        let words = language::choose(&self.texts, language).unwrap_or(&self.default);
        self.fill(words, code.digits())
    }

    fn fill(&self, words: &str, digits: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(words.replace("{code}", digits));
        if self.android_hash.is_some() || self.web_otp_host.is_some() {
            text.push('\n');
        }
        if let Some(hash) = &self.android_hash {
            text.push('\n');
            text.push_str(hash);
        }
        if let Some(host) = &self.web_otp_host {
            text.push_str("\n@");
            text.push_str(host);
            text.push_str(" #");
            text.push_str(digits);
        }
        text
    }

    fn check_lines(&self) -> Result<(), TextError> {
        let of = |text: &str, others: &[u8]| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || others.contains(&b))
        };
        let host = self.web_otp_host.as_deref();
        if host.is_some_and(|host| host.is_empty() || !of(host, b".-")) {
            return Err(TextError::WebOtpHost);
        }
        let hash = self.android_hash.as_deref();
        if hash.is_some_and(|hash| hash.len() != 11 || !of(hash, b"+/=")) {
            return Err(TextError::AndroidHash);
        }
        Ok(())
    }

    fn check_length(&self) -> Result<(), TextError> {
        let longest = "0".repeat(usize::from(*LENGTHS.end()));
        let named = self
            .texts
            .iter()
            .map(|(tag, text)| (format!("texts.{tag}"), text));
        for (key, words) in named.chain([("text".to_owned(), &self.default)]) {
            let text = self.fill(words, &longest);
            if text.chars().count() > MAX_CHARS {
                return Err(TextError::TooLong(key));
            }
            if self.android_hash.is_some() && text.len() > MAX_RETRIEVER_BYTES {
                return Err(TextError::TooLongForAndroid(key));
            }
        }
        Ok(())
    }
}

fn check_placeholders(key: &str, text: &str) -> Result<(), TextError> {
    if !text.contains("{code}") {
        return Err(TextError::NoCode(key.to_owned()));
    }
    let rest = text.replace("{code}", "").replace("{brand}", "");
    if rest.contains(['{', '}']) {
        return Err(TextError::StrayBrace(key.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::sms::{Encoding, segments};

    fn settings() -> TextSettings {
        TextSettings {
            brand: "Pombo".to_owned(),
            ..TextSettings::default()
        }
    }

    fn code() -> Code {
        Code::parse("123456").unwrap()
    }

    fn say(settings: TextSettings, language: &str) -> String {
        Texts::new(settings)
            .unwrap()
            .render(language, &code())
            .to_string()
    }

    #[test]
    fn english_and_portuguese_come_with_the_house() {
        assert_eq!(say(settings(), "en-GB"), "123456 is your Pombo code.");
        assert_eq!(say(settings(), "pt-BR"), "Seu codigo Pombo: 123456");
        assert_eq!(say(settings(), ""), "123456 is your Pombo code.");
        assert_eq!(say(settings(), "de"), "123456 is your Pombo code.");
    }

    #[test]
    fn own_words_come_before_ours() {
        let own = || TextSettings {
            text: Some("{brand} {code}".to_owned()),
            ..settings()
        };
        assert_eq!(say(own(), "pt"), "Pombo 123456");
        let german = TextSettings {
            texts: [("de".to_owned(), "Code {code}".to_owned())].into(),
            ..settings()
        };
        assert_eq!(say(german.clone(), "de-AT"), "Code 123456");
        assert_eq!(say(german, "pt"), "Seu codigo Pombo: 123456");
        let portuguese = TextSettings {
            texts: [("pt_BR".to_owned(), "Use {code}".to_owned())].into(),
            ..settings()
        };
        assert_eq!(say(portuguese.clone(), "pt-BR"), "Use 123456");
        assert_eq!(say(portuguese, "pt-PT"), "Seu codigo Pombo: 123456");
    }

    #[test]
    fn the_website_is_bound_by_the_last_line() {
        let web = TextSettings {
            web_otp_host: Some("otp.example.com".to_owned()),
            ..settings()
        };
        assert_eq!(
            say(web.clone(), "en"),
            "123456 is your Pombo code.\n\n@otp.example.com #123456"
        );
        let both = TextSettings {
            android_hash: Some("K8a/AINcGX7".to_owned()),
            ..web
        };
        assert_eq!(
            say(both.clone(), "en"),
            "123456 is your Pombo code.\n\nK8a/AINcGX7\n@otp.example.com #123456"
        );
        let app = TextSettings {
            web_otp_host: None,
            text: Some("{code}\n".to_owned()),
            ..both
        };
        assert_eq!(say(app, "en"), "123456\n\nK8a/AINcGX7");
    }

    #[test]
    fn our_words_fit_one_segment_at_their_longest() {
        let texts = Texts::new(TextSettings {
            brand: "Banco Cooperativo do Sul!".to_owned(),
            web_otp_host: Some("autenticacao.bancocooperativo.com.br".to_owned()),
            android_hash: Some("K8a/AINcGX7".to_owned()),
            ..settings()
        });
        let texts = texts.unwrap();
        for language in ["en", "pt"] {
            let text = texts.render(language, &Code::parse("0123456789").unwrap());
            assert_eq!(segments(&text), (Encoding::Gsm7, 1), "{}", *text);
        }
    }

    #[test]
    fn what_is_wrong_with_a_text_is_named() {
        let text = |text: &str| TextSettings {
            text: Some(text.to_owned()),
            ..settings()
        };
        let french = [("fr".to_owned(), "Bonjour".to_owned())].into();
        let host = |host: &str| TextSettings {
            web_otp_host: Some(host.to_owned()),
            ..settings()
        };
        let hash = |hash: &str| TextSettings {
            android_hash: Some(hash.to_owned()),
            ..settings()
        };
        let long_hash = TextSettings {
            brand: "b".repeat(120),
            ..hash("K8a/AINcGX7")
        };
        for (settings, message) in [
            (text("Hello"), "text lacks {code}"),
            (
                TextSettings {
                    texts: french,
                    ..settings()
                },
                "texts.fr lacks {code}",
            ),
            (
                text("{code} {brnad}"),
                "text has a brace that belongs to neither {code} nor {brand}",
            ),
            (
                text(&format!("{{code}}{}", "a".repeat(1591))),
                "text is longer than 1600 characters",
            ),
            (
                host("https://a.com"),
                "web_otp_host must be a host name alone, like otp.example.com",
            ),
            (
                host(""),
                "web_otp_host must be a host name alone, like otp.example.com",
            ),
            (
                hash("short"),
                "android_hash must be the 11 characters of base64 that Google's tool prints",
            ),
            (
                long_hash,
                "texts.en is longer than the 140 bytes that Android hands to an app",
            ),
        ] {
            assert_eq!(
                Texts::new(settings).err().map(|e| e.to_string()),
                Some(message.to_owned())
            );
        }
    }
}
