//! The words that are said in each language: those that are configured, and ours for the rest.

use std::collections::BTreeMap;

use super::{
    TextSettings,
    words::{WORDS, Words},
};
use crate::delivery::language;

/// Whoever asks for no language of ours is told in this one.
const DEFAULT: &str = "en";

/// What is said in each language: forms of it, to be tried in this order. The brand is filled in.
pub struct Wording {
    default: Vec<String>,
    texts: BTreeMap<String, Vec<String>>,
}

impl Wording {
    /// For whoever asks for this language.
    pub fn of(&self, language: &str) -> &[String] {
        language::choose(&self.texts, language).unwrap_or(&self.default)
    }
}

/// What is said of a code.
pub fn codes(settings: &TextSettings) -> Wording {
    let forms = |words: &Words| [words.code, words.plain].map(|text| settings.branded(text)).into();
    // Who words the default themselves means it for every language they do not name.
    let mut wording = match &settings.text {
        Some(own) => Wording { default: vec![settings.branded(own)], texts: BTreeMap::new() },
        None => ours(forms),
    };
    wording.texts.extend(settings.own(&settings.texts));
    wording
}

/// What is said of a payment.
pub fn payments(settings: &TextSettings) -> Wording {
    let forms = |words: &Words| {
        let branded = format!("{} {{brand}}", words.payment);
        vec![settings.branded(&branded), words.payment.to_owned()]
    };
    let mut wording = match (&settings.transaction_text, &settings.text) {
        (Some(own), _) => Wording { default: vec![settings.branded(own)], texts: BTreeMap::new() },
        (None, Some(_)) => Wording { default: Vec::new(), texts: BTreeMap::new() },
        (None, None) => ours(forms),
    };
    if settings.transaction_text.is_none() {
        let unsaid = settings.texts.keys().map(|tag| (language::canonical(tag), Vec::new()));
        wording.texts.extend(unsaid);
    }
    wording.texts.extend(settings.own(&settings.transaction_texts));
    wording
}

fn ours(forms: impl Fn(&Words) -> Vec<String>) -> Wording {
    let texts: BTreeMap<_, _> =
        WORDS.iter().map(|words| (words.tag.to_owned(), forms(words))).collect();
    Wording { default: texts.get(DEFAULT).cloned().unwrap_or_default(), texts }
}

impl TextSettings {
    /// The configured words, by tag in one spelling.
    fn own(&self, texts: &BTreeMap<String, String>) -> impl Iterator<Item = (String, Vec<String>)> {
        texts.iter().map(|(tag, text)| (language::canonical(tag), vec![self.branded(text)]))
    }
}
