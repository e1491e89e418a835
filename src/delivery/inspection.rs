//! What an operator's look at a provider found: one line a thing.

use super::Refusal;

/// One thing that was looked at, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What, in a few words: `whatsapp number`.
    pub what: String,
    /// How it was found.
    pub verdict: Verdict,
}

/// How a thing was found. Each text is one sentence, without a secret or a whole phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In order; its state.
    Sound(String),
    /// It works, and something about it should be seen to.
    Warning(String),
    /// Messages will not go out by it; with the remedy.
    Fault(String),
}

impl Inspection {
    /// Found in order.
    pub fn sound(what: impl Into<String>, state: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Sound(state.into()) }
    }

    /// Works, but should be seen to.
    pub fn warning(what: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Warning(sentence.into()) }
    }

    /// Does not work.
    pub fn fault(what: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Fault(sentence.into()) }
    }

    /// Could not be looked at; `remedy` is for the refusal's cause.
    pub fn refused(what: impl Into<String>, refusal: &Refusal, remedy: &str) -> Self {
        Self::fault(what, format!("{}; {remedy}", refusal.detail))
    }
}
