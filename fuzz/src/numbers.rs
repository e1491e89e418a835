//! Phone numbers: what is read is E.164, and shows no more than it may.

use pombo::otp::PhoneNumber;

/// Reads a text as a number to send to, and as a test number.
pub fn read(text: &str) {
    if let Ok(number) = PhoneNumber::parse(text) {
        assert_eq!(shown(&number, text), calling_code(text), "the country code and no more");
    }
    if let Ok(number) = PhoneNumber::parse_test_number(text) {
        assert!(shown(&number, text) <= calling_code(text), "at most the country code");
    }
}

/// How many digits are shown before those that are hidden. Behind them two are shown.
fn shown(number: &PhoneNumber, text: &str) -> usize {
    let masked = number.masked();
    assert_eq!(number.e164(), text, "a number has one spelling");
    assert_eq!((format!("{number}"), format!("{number:?}")), (masked.clone(), masked.clone()));
    let (before, rest) = masked.split_once('*').expect("something is hidden");
    let after = rest.trim_start_matches('*');
    assert!(text.starts_with(before) && text.ends_with(after) && after.len() == 2, "{masked}");
    assert_eq!(masked.len(), text.len(), "each digit that is hidden has its star");
    before.len() - 1
}

/// How long the country code of an E.164 number is, by the zones of ITU's list.
fn calling_code(text: &str) -> usize {
    let digits = text.as_bytes();
    match (digits[1], digits[2]) {
        (b'1' | b'7', _) => 1,
        (b'2', b'0' | b'7') => 2,
        (b'3', b'0'..=b'4' | b'6' | b'9') => 2,
        (b'4', b'0' | b'1' | b'3'..=b'9') => 2,
        (b'5', b'1'..=b'8') => 2,
        (b'6', b'0'..=b'6') => 2,
        (b'8', b'1' | b'2' | b'4' | b'6') => 2,
        (b'9', b'0'..=b'5' | b'8') => 2,
        _ => 3,
    }
}
