//! What a value may be. File and environment alike are read as text, so that one description of a
//! kind serves both.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use secrecy::SecretString;

use crate::otp::limits::parse_duration;

/// A kind of value: how it is read and, for people, what it accepts.
pub struct Kind<T> {
    accepts: &'static str,
    parse: fn(&str) -> Option<T>,
    secrecy: Secrecy,
}

/// Who may see a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// Errors show it.
    Shown,
    /// No error shows it. It may come from a file, by its key + `_file`.
    Hidden,
    /// The same, and it is a key of ours, worth more than one account: nobody else may read its file.
    Secret,
}

impl<T> Kind<T> {
    /// A kind whose values `parse` reads. `accepts` completes the sentence "it must be …".
    pub const fn new(accepts: &'static str, parse: fn(&str) -> Option<T>) -> Self {
        Self { accepts, parse, secrecy: Secrecy::Shown }
    }

    /// Keys of ours: no error shows them, and a file that holds one must be ours alone.
    pub const fn secret(self) -> Self {
        Self { secrecy: Secrecy::Secret, ..self }
    }

    /// Values that no error shows.
    pub const fn hidden(self) -> Self {
        Self { secrecy: Secrecy::Hidden, ..self }
    }

    pub(super) const fn secrecy(&self) -> Secrecy {
        self.secrecy
    }

    pub(super) const fn accepts(&self) -> &'static str {
        self.accepts
    }

    /// Reads a text, or says in one sentence what is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<T, String> {
        if let Some(value) = (self.parse)(text) {
            return Ok(value);
        }
        let accepts = self.accepts;
        Err(match self.shown(text) {
            Some(found) => format!("must be {accepts}, not {found:?}"),
            None => format!("must be {accepts}"),
        })
    }

    /// What of a text an error may show. What stands before an @ may be a password, what begins
    /// with + somebody's number, and a key in PEM may stand where its path should.
    fn shown(&self, text: &str) -> Option<String> {
        let may_be_secret = |text: &str| text.contains('@') || text.contains("PRIVATE KEY");
        let hidden = self.secrecy != Secrecy::Shown
            || may_be_secret(text)
            || text.trim_start().starts_with('+');
        (!hidden).then(|| text.chars().take(60).collect())
    }
}

/// A number within bounds.
pub(super) fn within<N: FromStr + PartialOrd>(text: &str, bounds: RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| bounds.contains(number))
}

/// A text with this many characters, all of them allowed.
pub(super) fn spelled(
    text: &str,
    length: RangeInclusive<usize>,
    allowed: fn(char) -> bool,
) -> Option<String> {
    let fits = length.contains(&text.chars().count()) && text.chars().all(allowed);
    fits.then(|| text.to_owned())
}

/// A duration above zero.
pub(super) fn lasting(text: &str) -> Option<Duration> {
    parse_duration(text).filter(|duration| !duration.is_zero())
}

pub(super) const FLAG: Kind<bool> = Kind::new("true or false", |text| text.parse().ok());

pub(super) const DURATION: Kind<Duration> =
    Kind::new("a duration above zero, like \"500ms\", \"20s\", \"5m\" or \"24h\"", lasting);

pub(super) const DIGITS: Kind<String> =
    Kind::new("1 to 32 digits", |text| spelled(text, 1..=32, |c| c.is_ascii_digit()));

/// What goes into a header or a signature: a stray blank or line break in it costs an evening.
pub(super) const SECRET: Kind<SecretString> =
    Kind::new("1 to 1024 printable ASCII characters without blanks", |text| {
        spelled(text, 1..=1024, |c| c.is_ascii_graphic()).map(SecretString::from)
    })
    .hidden();
