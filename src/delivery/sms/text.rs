//! What a text message says.
//!
//! Below the words may stand lines for programs: the hash that lets an Android app read the message
//! (SMS Retriever), then the line that binds the code to a website (WebOTP and iOS). The website's
//! must be the last. Google's page once asked for the hash at the very end; today it only asks for
//! it to be in the message, so with both set an old Play Services may not see its own.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::text_faults::{TextFault, faults};
use crate::{delivery::language, otp::Code};

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

/// Texts that are in order: each names its code and fits.
pub struct Texts {
    default: String,
    texts: BTreeMap<String, String>,
    android_hash: Option<String>,
    web_otp_host: Option<String>,
}

impl Texts {
    /// Fails with every fault of the settings at once.
    pub fn new(settings: TextSettings) -> Result<Self, Vec<TextFault>> {
        let texts = Self::build(&settings);
        let faults = faults(&settings, &texts);
        if faults.is_empty() { Ok(texts) } else { Err(faults) }
    }

    fn build(settings: &TextSettings) -> Self {
        let mut texts = settings.texts.clone();
        // Who words the default themselves means it for every language they do not name.
        if settings.text.is_none() && language::choose(&texts, "pt").is_none() {
            texts.insert("pt".to_owned(), PORTUGUESE.to_owned());
        }
        let branded = |text: &str| text.trim_end().replace("{brand}", &settings.brand);
        Self {
            default: branded(settings.text.as_deref().unwrap_or(ENGLISH)),
            texts: texts.into_iter().map(|(tag, text)| (tag, branded(&text))).collect(),
            android_hash: settings.android_hash.clone(),
            web_otp_host: settings.web_otp_host.clone(),
        }
    }

    /// The message for a code. Its last line ends without a line break, or it would not be the last.
    pub fn render(&self, language: &str, code: &Code) -> Zeroizing<String> {
        let words = language::choose(&self.texts, language).unwrap_or(&self.default);
        self.fill(words, code.digits())
    }

    /// Every language's message for a code, with the configuration's key of its words.
    pub(super) fn render_all(
        &self,
        digits: &str,
    ) -> impl Iterator<Item = (String, Zeroizing<String>)> {
        let named = self.texts.iter().map(|(tag, words)| (format!("texts.{tag}"), words));
        let all = named.chain([("text".to_owned(), &self.default)]);
        all.map(move |(key, words)| (key, self.fill(words, digits)))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::sms::{Encoding, segments};

    fn settings() -> TextSettings {
        TextSettings { brand: "Pombo".to_owned(), ..TextSettings::default() }
    }

    fn code() -> Code {
        Code::parse("123456").unwrap()
    }

    fn say(settings: TextSettings, language: &str) -> String {
        Texts::new(settings).unwrap().render(language, &code()).to_string()
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
        let own = || TextSettings { text: Some("{brand} {code}".to_owned()), ..settings() };
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
        let web = TextSettings { web_otp_host: Some("otp.example.com".to_owned()), ..settings() };
        assert_eq!(
            say(web.clone(), "en"),
            "123456 is your Pombo code.\n\n@otp.example.com #123456"
        );
        let both = TextSettings { android_hash: Some("K8a/AINcGX7".to_owned()), ..web };
        assert_eq!(
            say(both.clone(), "en"),
            "123456 is your Pombo code.\n\nK8a/AINcGX7\n@otp.example.com #123456"
        );
        let app = TextSettings { web_otp_host: None, text: Some("{code}\n".to_owned()), ..both };
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
}
