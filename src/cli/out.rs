//! Printing: the one place that may.

use std::io::{IsTerminal, Write, stderr, stdout};

/// A line for people and scripts. A reader that went away is no reason to stop.
pub fn line(text: impl AsRef<str>) {
    let _ = writeln!(stdout(), "{}", text.as_ref());
}

/// An error, on stderr.
pub fn error(text: &str) {
    let _ = writeln!(stderr(), "pombo: {text}");
}

/// Something to see to that stops nothing, on stderr.
pub fn warning(text: &str) {
    let _ = writeln!(stderr(), "pombo: warning: {text}");
}

/// Whether a person is looking.
pub fn is_terminal() -> bool {
    stderr().is_terminal()
}
