//! How many messages a text is billed as.

/// What a text is encoded in, decided by its rarest character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 3GPP TS 23.038's alphabet of seven bits: 160 to a message.
    Gsm7,
    /// UTF-16 in effect: 70 units to a message.
    Ucs2,
}

impl Encoding {
    /// Units in a message that stands alone, and in each of several, which lose six octets to the
    /// header that joins them.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 => septets(c).unwrap_or(1),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Each stands behind an escape and so takes the place of two.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

fn septets(c: char) -> Option<usize> {
    match c {
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}

/// The encoding a text needs and the number of segments it fills, at least one.
///
/// No provider is asked to replace characters (Twilio's SmartEncoded): what is counted is what is
/// sent.
pub fn segments(text: &str) -> (Encoding, usize) {
    let gsm7 = text.chars().all(|c| septets(c).is_some());
    let encoding = if gsm7 { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let (alone, joined) = encoding.room();
    let total: usize = text.chars().map(|c| encoding.units(c)).sum();
    let count = if total <= alone { 1 } else { fill(text, encoding, joined) };
    (encoding, count)
}

/// Fills messages one after the other: a character of two units is never split between two.
fn fill(text: &str, encoding: Encoding, room: usize) -> usize {
    let (mut count, mut used) = (1, 0);
    for units in text.chars().map(|c| encoding.units(c)) {
        if used + units > room {
            (count, used) = (count + 1, 0);
        }
        used += units;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::{Gsm7, Ucs2};

    #[test]
    fn the_alphabet_has_its_128_places() {
        // One of them is the escape to the extension table.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn texts_are_counted_as_networks_count_them() {
        for (text, expected) in [
            (String::new(), (Gsm7, 1)),
            ("a".repeat(160), (Gsm7, 1)),
            ("a".repeat(161), (Gsm7, 2)),
            ("a".repeat(306), (Gsm7, 2)),
            ("a".repeat(307), (Gsm7, 3)),
            ("€".repeat(80), (Gsm7, 1)),
            // 76 fit into 153 septets: the 77th would be split.
            ("€".repeat(152), (Gsm7, 2)),
            ("€".repeat(153), (Gsm7, 3)),
            ("ó".repeat(70), (Ucs2, 1)),
            ("ó".repeat(71), (Ucs2, 2)),
            ("ó".repeat(134), (Ucs2, 2)),
            ("🐦".repeat(35), (Ucs2, 1)),
            ("🐦".repeat(66), (Ucs2, 2)),
            ("🐦".repeat(67), (Ucs2, 3)),
            ("ç".to_owned(), (Ucs2, 1)),
            ("é à ü Ç @ _ {code}".to_owned(), (Gsm7, 1)),
        ] {
            assert_eq!(segments(&text), expected, "{text}");
        }
    }
}
