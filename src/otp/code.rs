//! The passcode itself. In clear it lives in memory only, between drawing and sending.

use std::fmt;

use rand::{CryptoRng, RngExt};
use zeroize::Zeroizing;

/// Fewest and most digits of a code.
pub const LENGTHS: std::ops::RangeInclusive<u8> = 4..=10;

/// A one-time passcode: 4 to 10 digits. Wiped from memory when dropped; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// Draws a code, every one of the 10^length as likely as the others.
    pub fn draw(length: u8, rng: &mut impl CryptoRng) -> Self {
        let digits = (0..length).map(|_| char::from(b'0' + rng.random_range(0..10u8)));
        Self(Zeroizing::new(digits.collect()))
    }

    /// Reads what a person typed: blanks and hyphens, as messages print them, are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let digits: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| !matches!(c, ' ' | '-')).collect());
        let length = u8::try_from(digits.len()).ok()?;
        let plausible = LENGTHS.contains(&length) && digits.bytes().all(|b| b.is_ascii_digit());
        plausible.then_some(Self(digits))
    }

    /// How many digits it has: few enough for a byte, whether drawn or read.
    pub fn length(&self) -> u8 {
        self.0.len() as u8
    }

    /// The digits, for the message and the hash.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_drawn_evenly() {
        let mut rng = rand::rng();
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            for digit in Code::draw(6, &mut rng).digits().bytes() {
                seen[usize::from(digit - b'0')] += 1;
            }
        }
        // 60 000 digits: 6 000 each, with a standard deviation of 73. Six of them are enough.
        assert!(seen.iter().all(|&n| (5_560..6_440).contains(&n)), "{seen:?}");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(Code::parse("123 456"), Code::parse("123456"));
        assert_eq!(Code::parse("123-456"), Code::parse("123456"));
        for text in ["", "123", "12345678901", "12345a", "１２３４５６", "12\n3456"] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_not_printed() {
        assert_eq!(format!("{:?}", Code::parse("123456").unwrap()), "Code(hidden)");
    }
}
