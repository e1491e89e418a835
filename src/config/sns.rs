//! `[sns]`: where the certificates of AWS SNS lie. For tests only.

use http::Uri;

use super::{Mode, kind::Kind, origin::Origin, reader::Reader};

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

/// Where signing certificates are fetched from instead of `amazonaws.com`, and what a subscription may
/// visit. In `dev` only this machine.
pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<String> {
    let prefix = reader.section("sns").get("certificate_url_prefix", &PREFIX)?;
    let stays = mode.is_strict() || prefix.origin.is_loopback();
    stays.then_some(prefix.text)
}
