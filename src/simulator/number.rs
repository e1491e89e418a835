//! Phone numbers as far as a carrier's front door looks at them.

/// Fewest digits of a number with its country code that can be a phone.
const SHORTEST: usize = 8;
/// E.164 allows no more.
const LONGEST: usize = 15;

/// Whether these are the digits of a plausible E.164 number (country code first, no `+`).
pub(crate) fn plausible(digits: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}

/// A number for a log line: its last two digits, which name its behaviour, and no more.
pub(crate) fn masked(number: &str) -> String {
    let tail = number.get(number.len().saturating_sub(2)..).unwrap_or_default();
    format!("…{tail}")
}
