//! `[[callers]]`: the programs that may ask, and what for.

use std::{collections::BTreeSet, fmt};

use super::{
    Mode,
    kind::{FLAG, Kind, spelled},
    limits::windows,
    reader::Reader,
    section::Section,
};
use sha2::{Digest, Sha256};

use crate::otp::{Purpose, limits::Window};

/// A program that may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name, 1 to 64 of `A-Za-z0-9._-`; no two callers share one.
    pub name: String,
    /// How it is known.
    pub proof: Proof,
    /// What it may ask for. Default everything.
    pub purposes: BTreeSet<Purpose>,
    /// How many messages it may ask for, instead of `limits.caller`. Default that.
    pub quota: Option<Vec<Window>>,
    /// Whether it may read the funnel. Default no.
    pub insight: bool,
}

/// How a caller is known: by the one or the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An API key, `api_key_sha256`.
    ApiKey(KeyHash),
    /// A subject alternative name of its certificate, `mtls_san`: a URI, or a DNS name in small
    /// letters.
    MtlsSan(String),
}

/// SHA-256 of an API key; compare it in constant time. `Debug` hides it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// 64 hexadecimal digits in small letters.
    fn parse(text: &str) -> Option<Self> {
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let text = spelled(text, 64..=64, is_hex)?;
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        // The hash of nothing: the command that should have made a key failed.
        let of_nothing: [u8; 32] = Sha256::digest("").into();
        (hash != of_nothing).then_some(Self(hash))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(hidden)")
    }
}

const NAME: Kind<String> = Kind::new("1 to 64 of the characters A-Z a-z 0-9 . _ -", caller_name);

/// A caller's name: 1 to 64 of `A-Za-z0-9._-`.
pub fn caller_name(text: &str) -> Option<String> {
    spelled(text, 1..=64, |c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

// Hidden, since the key itself may have been put there by mistake.
const API_KEY: Kind<KeyHash> = Kind::new(
    "the SHA-256 of the caller's key, not of nothing: 64 hexadecimal digits in small letters",
    KeyHash::parse,
)
.hidden();

const PURPOSE: Kind<Purpose> = Kind::new(
    "purposes out of \"signup\", \"login\", \"recovery\", \"transaction\", \"phone_change\" and \
     \"device_registration\"",
    Purpose::from_text,
);

/// No wildcard: it would be anybody's of a whole domain.
const SAN: Kind<String> = Kind::new(
    "a name in the caller's certificate, whole: a URI like \"spiffe://bank.example/signup\" or a DNS \
     name like \"signup.bank.example\"",
    |text| {
        if text.contains("://") {
            return spelled(text, 1..=2048, |c| c.is_ascii_graphic());
        }
        spelled(text, 1..=253, |c| c.is_ascii_alphanumeric() || ".-_".contains(c))
            .map(|name| name.to_ascii_lowercase())
    },
);

/// A certificate tells nothing unless somebody answers for it.
const NO_AUTHORITY: &str = "wants server.tls.client_ca, the authority of callers' certificates; set it \
                            with server.tls.cert and server.tls.key, or give the caller an \
                            api_key_sha256";

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Vec<Caller> {
    // `dev` knows no callers.
    let is_certified = !mode.is_strict() || reader.says("server.tls.client_ca");
    let mut all = reader.section("callers").demanding(true);
    let mut callers: Vec<Caller> = Vec::new();
    for number in all.names() {
        if !all.is_table(&number) {
            all.refuse(&number, "is no caller; write each under a heading of its own, [[callers]]");
            continue;
        }
        let mut keys = all.below(&number);
        let caller = caller(&mut keys);
        check(&mut keys, &caller, &callers);
        if matches!(caller.proof, Proof::MtlsSan(_)) && !is_certified {
            keys.refuse("mtls_san", NO_AUTHORITY);
        }
        callers.push(caller);
    }
    callers
}

fn caller(keys: &mut Section<'_>) -> Caller {
    Caller {
        name: keys.need("name", &NAME, String::new()),
        proof: proof(keys),
        purposes: match keys.list("purposes", &PURPOSE) {
            Some(purposes) => purposes.into_iter().collect(),
            None => Purpose::ALL.iter().copied().collect(),
        },
        quota: windows(keys, "quota"),
        insight: keys.get("insight", &FLAG).unwrap_or(false),
    }
}

fn proof(keys: &mut Section<'_>) -> Proof {
    let is_given = |name| keys.says(name);
    let is_by_certificate = is_given("mtls_san");
    if is_by_certificate && (is_given("api_key_sha256") || is_given("api_key_sha256_file")) {
        keys.refuse("mtls_san", "is given beside api_key_sha256; keep one of them");
    }
    if is_by_certificate {
        // What is said beside it is no unknown key.
        keys.get("api_key_sha256", &API_KEY);
        return Proof::MtlsSan(keys.need("mtls_san", &SAN, String::new()));
    }
    Proof::ApiKey(keys.need("api_key_sha256", &API_KEY, KeyHash::default()))
}

fn check(keys: &mut Section<'_>, caller: &Caller, before: &[Caller]) {
    if before.iter().any(|other| other.name == caller.name) {
        keys.refuse("name", "is another caller's name too; give each a name of its own");
    }
    if before.iter().any(|other| other.proof == caller.proof) {
        let (name, sentence) = match caller.proof {
            Proof::ApiKey(_) => {
                ("api_key_sha256", "is another caller's key too; give each a key of its own")
            }
            Proof::MtlsSan(_) => {
                ("mtls_san", "is another caller's too; give each a certificate of its own")
            }
        };
        keys.refuse(name, sentence);
    }
    if caller.purposes.is_empty() {
        keys.refuse(
            "purposes",
            "is empty, so the caller could ask for nothing; leave it out for all",
        );
    }
}
