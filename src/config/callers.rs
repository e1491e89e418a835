//! `[[callers]]`: the programs that may ask, and what for.

use std::{collections::BTreeSet, fmt};

use super::{
    kind::{FLAG, Kind, spelled},
    reader::Reader,
    section::Section,
};
use sha2::{Digest, Sha256};

use crate::otp::Purpose;

/// A program that may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name, 1 to 64 of `A-Za-z0-9._-`; no two callers share one.
    pub name: String,
    /// SHA-256 of its API key.
    pub api_key: KeyHash,
    /// What it may ask for. Default everything.
    pub purposes: BTreeSet<Purpose>,
    /// Whether it may read the funnel. Default no.
    pub insight: bool,
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

const NAME: Kind<String> = Kind::new("1 to 64 of the characters A-Z a-z 0-9 . _ -", |text| {
    spelled(text, 1..=64, |c| c.is_ascii_alphanumeric() || "._-".contains(c))
});

// Hidden, since the key itself may have been put there by mistake.
const API_KEY: Kind<KeyHash> = Kind::new(
    "the SHA-256 of the caller's key, not of nothing: 64 hexadecimal digits in small letters",
    KeyHash::parse,
)
.secret();

const PURPOSE: Kind<Purpose> = Kind::new(
    "purposes out of \"signup\", \"login\", \"recovery\", \"transaction\", \"phone_change\" and \
     \"device_registration\"",
    Purpose::from_text,
);

const NOT_YET: Kind<()> = Kind::new("left out; use api_key_sha256", |_| None).later(|_| true);

pub(super) fn read(reader: &mut Reader) -> Vec<Caller> {
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
        callers.push(caller);
    }
    callers
}

fn caller(keys: &mut Section<'_>) -> Caller {
    keys.get("mtls_san", &NOT_YET);
    Caller {
        name: keys.need("name", &NAME, String::new()),
        api_key: keys.need("api_key_sha256", &API_KEY, KeyHash::default()),
        purposes: match keys.list("purposes", &PURPOSE) {
            Some(purposes) => purposes.into_iter().collect(),
            None => Purpose::ALL.iter().copied().collect(),
        },
        insight: keys.get("insight", &FLAG).unwrap_or(false),
    }
}

fn check(keys: &mut Section<'_>, caller: &Caller, before: &[Caller]) {
    if before.iter().any(|other| other.name == caller.name) {
        keys.refuse("name", "is another caller's name too; give each a name of its own");
    }
    if before.iter().any(|other| other.api_key == caller.api_key) {
        keys.refuse("api_key_sha256", "is another caller's key too; give each a key of its own");
    }
    if caller.purposes.is_empty() {
        keys.refuse(
            "purposes",
            "is empty, so the caller could ask for nothing; leave it out for all",
        );
    }
}
