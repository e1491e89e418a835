//! `X-Twilio-Signature`, in the scheme of the auth token.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Signs the URL as it is called, query and all, followed by the parameters: sorted by name in byte
/// order, name and value joined by nothing, a repeated pair once.
#[must_use]
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub fn sign(url: &str, params: &[(&str, &str)], auth_token: &str) -> String {
    let mut params = params.to_vec();
    params.sort_unstable();
    params.dedup();
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("any key will do");
    mac.update(url.as_bytes());
    for (name, value) in params {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}
