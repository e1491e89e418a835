//! What a provider's refusal means for us, and how the operator hears of it.
//!
//! The tables of codes stand with their senders; this is the word that they speak.

use super::{Again, SendError};
use crate::otp::{Cause, Failure, FailureReason};

/// What to make of one refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// What it means.
    pub reason: FailureReason,
    /// Whose the failure is.
    pub cause: Cause,
    /// Whether another try of the same message may help.
    pub again: Again,
    /// What else will fail for the same cause; `None` if it is this message alone.
    pub scope: Option<Scope>,
}

/// How far a fault reaches: everything that shares this with the refused message fails with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The access token.
    Token,
    /// The app or API user, its permissions and call rate.
    App,
    /// The whole account at the provider.
    Account,
    /// The number or service that messages come from.
    PhoneNumber,
    /// The template in this language.
    Template,
    /// The country of the recipient.
    Country,
}

impl Scope {
    /// As the log spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::App => "app",
            Self::Account => "account",
            Self::PhoneNumber => "phone_number",
            Self::Template => "template",
            Self::Country => "country",
        }
    }
}

impl Reaction {
    /// This message failed; others need not.
    pub const fn alone(reason: FailureReason, again: Again) -> Self {
        Self { reason, cause: reason.usual_cause(), again, scope: None }
    }

    /// Nothing in `scope` will go out until somebody, or time, mends it.
    pub const fn stop(reason: FailureReason, scope: Scope) -> Self {
        Self { reason, cause: Cause::Sender, again: Again::No, scope: Some(scope) }
    }

    /// The same, where it is the recipient's: no other sender of the channel may try.
    pub const fn of_recipient(self) -> Self {
        Self { cause: Cause::Recipient, ..self }
    }

    /// The same, where another sender of the channel may do better.
    pub const fn of_sender(self) -> Self {
        Self { cause: Cause::Sender, ..self }
    }

    /// What the machine hears of it.
    pub const fn failure(self) -> Failure {
        Failure { reason: self.reason, cause: self.cause }
    }

    /// What is left to judge by when a provider gives a code that no table knows, or none: the
    /// HTTP status, and without one (a callback) nothing.
    pub const fn of_status(status: Option<u16>) -> Self {
        match status {
            Some(500..) => Self::alone(FailureReason::Unavailable, Again::Doubtful),
            Some(429) => Self::alone(FailureReason::RateLimited, Again::No),
            Some(401) => Self::stop(FailureReason::Misconfigured, Scope::Token),
            Some(403) => Self::alone(FailureReason::Misconfigured, Again::No),
            _ => Self::alone(FailureReason::Other, Again::No),
        }
    }

    /// Tells the operator of a receipt's fault that reaches further than one message.
    pub fn warn(self, provider: &str, code: Option<i64>) {
        if let Some(scope) = self.scope {
            tracing::warn!(
                provider,
                code,
                scope = scope.as_str(),
                reason = self.reason.as_str(),
                "the provider refuses more than this message; see to it"
            );
        }
    }

    /// An answer that is a refusal, as an error. `words` are the provider's own; digits in them that
    /// may be a phone number or a code are hidden.
    pub fn refused(self, code: Option<i64>, status: u16, words: &str) -> SendError {
        let code = code.map_or("no code".to_owned(), |code| format!("code {code}"));
        let scope = self.scope.map_or(String::new(), |s| format!(" [stops {}]", s.as_str()));
        let detail = format!("{code}, HTTP {status}{scope}: {}", without_digits(words));
        SendError { reaction: self, detail }
    }

    /// A failure that no answer of the provider tells: the exchange itself failed.
    pub fn unanswered(again: Again, detail: impl Into<String>) -> SendError {
        let reaction = Self::alone(FailureReason::Unavailable, again);
        SendError { reaction, detail: detail.into() }
    }
}

/// Most characters of a provider's words that are kept.
const WORDS: usize = 300;

/// Fewest digits that may be (a piece of) a code or a phone number: the shortest code has four.
const SECRET_DIGITS: usize = 4;

/// A provider's words fit for a log: one line, of bounded length, and every run of four digits or
/// more, also one broken up by the marks that people write numbers with, turned into `#`.
pub fn without_digits(words: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for c in words.chars().take(WORDS) {
        if c.is_numeric() || (!run.is_empty() && matches!(c, ' ' | '-' | '.' | '(' | ')')) {
            run.push(c);
        } else {
            close(&mut run, &mut shown);
            shown.push(if c.is_control() { ' ' } else { c });
        }
    }
    close(&mut run, &mut shown);
    shown
}

fn close(run: &mut String, shown: &mut String) {
    let secret = run.chars().filter(|c| c.is_numeric()).count() >= SECRET_DIGITS;
    shown.extend(run.drain(..).map(|c| if secret && c.is_numeric() { '#' } else { c }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_log_hold_no_number_and_no_code() {
        for (words, shown) in [
            (
                "The 'To' number +5511987654321 is invalid",
                "The 'To' number +############# is invalid",
            ),
            ("call (555) 010-00 01!", "call (###) ###-## ##!"),
            ("code 1234\nforged line", "code #### forged line"),
            ("parameters (1) do not match (0)", "parameters (1) do not match (0)"),
            ("１２３４５６", "######"),
            ("", ""),
        ] {
            assert_eq!(without_digits(words), shown);
        }
        assert_eq!(without_digits(&"é".repeat(1000)).chars().count(), WORDS);
    }

    #[test]
    fn a_refusal_names_its_code_and_how_far_it_reaches() {
        let reaction = Reaction::stop(FailureReason::Misconfigured, Scope::Account);
        let error = reaction.refused(Some(368), 403, "Temporarily blocked");
        assert_eq!(
            error.to_string(),
            "misconfigured: code 368, HTTP 403 [stops account]: Temporarily blocked"
        );
        assert_eq!(error.reaction.again, Again::No);
    }

    #[test]
    fn without_a_known_code_the_status_is_all_there_is() {
        use FailureReason::{Misconfigured, Other, RateLimited, Unavailable};
        for (status, reason, again) in [
            (Some(500), Unavailable, Again::Doubtful),
            (Some(503), Unavailable, Again::Doubtful),
            (Some(429), RateLimited, Again::No),
            (Some(401), Misconfigured, Again::No),
            (Some(403), Misconfigured, Again::No),
            (Some(400), Other, Again::No),
            (Some(307), Other, Again::No),
            (None, Other, Again::No),
        ] {
            let reaction = Reaction::of_status(status);
            assert_eq!((reaction.reason, reaction.again), (reason, again), "{status:?}");
        }
    }
}
