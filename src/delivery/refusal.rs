//! A provider that does not answer an operator's question.

use super::{SendError, reaction::without_digits};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What it means.
    pub trouble: Trouble,
    /// The provider's code and words, without secrets and long numbers.
    pub detail: String,
}

/// What an operator would mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Token, password or keys are not accepted.
    Credentials,
    /// They are accepted and may not do this.
    Permission,
    /// The account is suspended, locked or unpaid.
    Account,
    /// There is no such thing, as far as these credentials see.
    NotFound,
    /// The provider can't be reached, is down or asks to slow down.
    Away,
    /// Anything else: most likely it does not like what it was asked.
    Other,
}

impl Refusal {
    /// A refusal in the provider's words, which may hold anything.
    pub fn new(trouble: Trouble, code: Option<&str>, words: &str) -> Self {
        let words = match without_digits(words) {
            silent if silent.trim().is_empty() => "the provider refuses".to_owned(),
            words => words.trim().trim_end_matches('.').to_owned(),
        };
        let code = code.map_or(String::new(), |code| format!(" (code {code})"));
        Self { trouble, detail: format!("{words}{code}") }
    }
}

/// The exchange itself failed.
impl From<SendError> for Refusal {
    fn from(error: SendError) -> Self {
        Self { trouble: Trouble::Away, detail: error.detail }
    }
}
