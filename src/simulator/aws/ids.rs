//! Identifiers of AWS's making.

use axum::http::HeaderValue;
use rand::random;

/// A random UUID, version 4.
pub(super) fn uuid() -> String {
    let bits = random::<u128>() & !(0xf000 << 64) | (0x4000 << 64);
    let bits = bits & !(0xc000 << 48) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

/// A new request's id, as a header's value.
#[expect(clippy::expect_used, reason = "hexadecimal digits and hyphens make a header")]
pub(super) fn header() -> HeaderValue {
    HeaderValue::from_str(&uuid()).expect("it is plain ASCII")
}

/// So many random hexadecimal digits, 32 at most.
pub(super) fn hex(digits: usize) -> String {
    let mut hex = format!("{:032x}", random::<u128>());
    hex.truncate(digits);
    hex
}
