//! How many messages a text is billed as: by the alphabet of GSM 03.38, or else in UCS-2.

/// The basic alphabet: one septet each. The escape at 0x1B is no character of its own.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
    ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: an escape and a septet.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The number of SMS segments that this text takes.
#[must_use]
pub fn segments(text: &str) -> usize {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    match septets {
        Some(widths) => parts(&widths, 160, 153),
        None => parts(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// How many septets the text takes in the GSM alphabet, if that holds all of it.
pub(crate) fn gsm(text: &str) -> Option<usize> {
    text.chars().map(septets).sum()
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// One part holds `alone` units; in a chain each holds `chained`, and no character is torn in two.
fn parts(widths: &[usize], alone: usize, chained: usize) -> usize {
    if widths.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut parts, mut used) = (1, 0);
    for width in widths {
        if used + width > chained {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}
