//! What may be shown to the person at the other end. The exact reason is for the caller; whoever tries
//! numbers and codes shall read the same whatever the reason is, whether the number is known, and
//! whether there is such a challenge (OWASP ASVS 5.0 6.3.8).

use tonic::{Status, metadata::MetadataMap};
use tonic_types::{ErrorDetails, StatusExt};

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    tag: &'static str,
    not_sent: &'static str,
    not_valid: &'static str,
}

const LANGUAGES: [Language; 3] = [
    Language {
        tag: "en",
        not_sent: "We can't send a code right now. Please try again later.",
        not_valid: "This code isn't valid. Check it, or ask for a new one.",
    },
    Language {
        tag: "es",
        not_sent: "No podemos enviar un código en este momento. Inténtalo de nuevo más tarde.",
        not_valid: "Este código no es válido. Compruébalo o pide uno nuevo.",
    },
    Language {
        tag: "pt",
        not_sent: "Não podemos enviar um código agora. Tente novamente mais tarde.",
        not_valid: "Este código não é válido. Confira-o ou peça um novo.",
    },
];

impl Language {
    /// The first of the metadata's `accept-language` that is spoken here, else English.
    pub fn of(metadata: &MetadataMap) -> Self {
        let accepted = metadata.get("accept-language").and_then(|value| value.to_str().ok());
        let mut accepted = accepted.unwrap_or_default().split(',').map(primary);
        accepted.find_map(spoken).unwrap_or(LANGUAGES[0])
    }

    /// No code is on its way, or the one that was given is not right, whyever.
    pub fn says(self, rpc: &str) -> Option<&'static str> {
        match rpc {
            "IssueCode" | "ResendCode" => Some(self.not_sent),
            "VerifyCode" => Some(self.not_valid),
            _ => None,
        }
    }

    /// A refusal with a sentence for the person beside the reason for the caller.
    pub fn told(self, rpc: &str, refusal: Status) -> Status {
        let Some(sentence) = self.says(rpc) else {
            return refusal;
        };
        let mut details: ErrorDetails = refusal.get_error_details();
        details.set_localized_message(self.tag, sentence);
        Status::with_error_details(refusal.code(), refusal.message(), details)
    }
}

/// `pt` of `pt-BR;q=0.8`.
fn primary(range: &str) -> &str {
    let end = range.find(['-', '_', ';']).unwrap_or(range.len());
    range[..end].trim()
}

fn spoken(tag: &str) -> Option<Language> {
    LANGUAGES.into_iter().find(|language| language.tag.eq_ignore_ascii_case(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_is_taken() {
        let tag = |accepted: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("accept-language", accepted.parse().unwrap());
            Language::of(&metadata).tag
        };
        assert_eq!(tag("pt-BR,pt;q=0.9,en;q=0.8"), "pt");
        assert_eq!(tag("fr, ES;q=0.5"), "es");
        assert_eq!((tag("fr"), tag(""), tag(";-,é")), ("en", "en", "en"));
        assert_eq!(Language::of(&MetadataMap::new()).tag, "en");
    }
}
