//! `[sns]`: what calls of AWS SNS are believed. Where its certificates lie is for tests only.

use http::Uri;

use super::{Mode, kind::Kind, origin::Origin, reader::Reader};

/// What a call of SNS must have to be believed.
#[derive(Clone, Debug, Default)]
pub struct Sns {
    /// Where signing certificates are fetched from instead of `amazonaws.com`, and what a subscription
    /// may visit. In `dev` only this machine.
    pub certificates: Option<String>,
    /// Whether only signatures by SHA-256 count, version 2. By itself SNS signs by SHA-1.
    pub sha256_only: bool,
}

/// An address, and its origin.
struct Prefix {
    text: String,
    origin: Origin,
}

const PREFIX: Kind<Prefix> = Kind::new(
    "the beginning of an address, like \"http://127.0.0.1:4566/\" (http:// only for this machine)",
    |text| {
        let uri: Uri = text.parse().ok().filter(|_| !text.contains(['#', '?']))?;
        let origin = Origin::parse(&format!("{}://{}", uri.scheme_str()?, uri.authority()?))?;
        Some(Prefix { text: text.to_owned(), origin })
    },
);

/// The least version, of which there are two.
const SHA256_ONLY: Kind<bool> =
    Kind::new("\"1\" (SHA-1 or SHA-256) or \"2\" (SHA-256 alone)", |text| match text {
        "1" => Some(false),
        "2" => Some(true),
        _ => None,
    });

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Sns {
    let mut keys = reader.section("sns");
    let prefix = keys.get("certificate_url_prefix", &PREFIX);
    let prefix = prefix.filter(|prefix| mode.is_strict() || prefix.origin.is_loopback());
    Sns {
        certificates: prefix.map(|prefix| prefix.text),
        sha256_only: keys.get("signature_version", &SHA256_ONLY).unwrap_or_default(),
    }
}
