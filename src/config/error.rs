//! What is wrong with a configuration: everything at once, each error naming its key.

use std::{collections::BTreeSet, fmt};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigError {
    /// The whole key, like `whatsapp.cloud.access_token`. Test numbers in it are masked.
    pub key: String,
    /// What is wrong and how to put it right. Never holds a secret's value.
    pub sentence: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.sentence)
    }
}

/// Everything that is wrong, in the order of the keys. Shown as one line an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(BTreeSet<ConfigError>);

impl Errors {
    /// Adds one; the same one twice counts once.
    pub(super) fn add(&mut self, key: &str, sentence: String) {
        self.0.insert(ConfigError { key: masked(key), sentence });
    }

    /// Whether something is wrong with this very key.
    pub(super) fn concern(&self, key: &str) -> bool {
        let key = masked(key);
        self.0.iter().any(|error| error.key == key)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every error, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Errors {}

/// Test numbers are keys, and no phone number is ever shown whole: of a part of the key with six
/// digits or more only the first two characters and the last two stay.
pub(super) fn masked(key: &str) -> String {
    let parts: Vec<_> = key.split('.').map(masked_part).collect();
    parts.join(".")
}

fn masked_part(part: &str) -> String {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    if digits < 6 {
        return part.to_owned();
    }
    let last = part.chars().count() - 2;
    let shown = |(i, c)| if (2..last).contains(&i) { '*' } else { c };
    part.chars().enumerate().map(shown).collect()
}
