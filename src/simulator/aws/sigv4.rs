//! Signature Version 4, checked as AWS checks it: who calls, for which service and region, when, and
//! that nothing which was signed has changed since.

use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{account::AwsAccount, incoming::Incoming};
use crate::simulator::clock;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Seconds by which the clocks may differ.
const SKEW: u64 = 300;
/// What must be signed where it is present; anything else may be.
const MUST_BE_SIGNED: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// In which way a request did not prove who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No signature, or none of this kind.
    Missing,
    /// An access key, or a session token, that nobody was given.
    UnknownKey,
    /// Signed for another region, service or day.
    WrongScope,
    /// The request is too old, or of the future.
    Expired,
    /// Something that should have been signed was not, or is not what was signed.
    Mismatch,
}

/// Whether this account signed these bytes for this service.
pub(super) fn check(
    request: &Incoming,
    account: &AwsAccount,
    service: &str,
) -> Result<(), Refusal> {
    let header = request.header("authorization").ok_or(Refusal::Missing)?;
    let claim = Claim::read(header).ok_or(Refusal::Missing)?;
    let date = request.header("x-amz-date").ok_or(Refusal::Missing)?;
    // There are no temporary credentials here, so no token can be right.
    let token = request.headers.contains_key("x-amz-security-token");
    if token || claim.key_id != account.access_key_id {
        return Err(Refusal::UnknownKey);
    }
    fresh(date)?;
    let day = date.get(..8).unwrap_or_default();
    let scope = format!("{day}/{}/{service}/aws4_request", account.region);
    if claim.scope != scope {
        return Err(Refusal::WrongScope);
    }
    let canonical = canonical(request, &claim)?;
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let good = signature(account, day, service, &text);
    if claim.signature == good { Ok(()) } else { Err(Refusal::Mismatch) }
}

struct Claim<'a> {
    key_id: &'a str,
    scope: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claim<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let parts: Vec<_> = header.strip_prefix(ALGORITHM)?.split(',').map(str::trim).collect();
        let part = |name: &str| parts.iter().find_map(|part| part.strip_prefix(name));
        let (key_id, scope) = part("Credential=")?.split_once('/')?;
        let headers = part("SignedHeaders=")?.split(';').collect();
        Some(Self { key_id, scope, headers, signature: part("Signature=")? })
    }
}

fn fresh(date: &str) -> Result<(), Refusal> {
    let signed = clock::from_basic(date).ok_or(Refusal::Mismatch)?;
    let now = clock::unix_seconds(SystemTime::now());
    if signed.abs_diff(now) > SKEW { Err(Refusal::Expired) } else { Ok(()) }
}

/// The request in the one form that both sides hash.
fn canonical(request: &Incoming, claim: &Claim) -> Result<String, Refusal> {
    let unsigned =
        |name: &&str| request.headers.contains_key(*name) && !claim.headers.contains(name);
    if !claim.headers.contains(&"host") || MUST_BE_SIGNED.iter().any(unsigned) {
        return Err(Refusal::Mismatch);
    }
    let mut headers = String::new();
    for name in &claim.headers {
        let values = request.headers.get_all(*name).iter();
        let values: Option<Vec<_>> =
            values.map(|value| value.to_str().ok().map(squeezed)).collect();
        let values = values.filter(|values| !values.is_empty()).ok_or(Refusal::Mismatch)?;
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    Ok([
        request.method.as_str(),
        // A path is encoded once more than it travels.
        &request.uri.path().replace('%', "%25"),
        &query(request.uri.query().unwrap_or_default()),
        &headers,
        &claim.headers.join(";"),
        &hex(&Sha256::digest(&request.body)),
    ]
    .join("\n"))
}

/// Without the spaces around it, and one where there are several.
fn squeezed(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn query(query: &str) -> String {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn signature(account: &AwsAccount, day: &str, service: &str, text: &str) -> String {
    let secret = format!("AWS4{}", account.secret_access_key);
    let steps = [day, &account.region, service, "aws4_request", text];
    hex(&steps.iter().fold(secret.into_bytes(), |key, step| mac(&key, step)))
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
