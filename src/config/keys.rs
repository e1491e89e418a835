//! `[keys]`: the ring and the index key.

use std::{collections::BTreeSet, fmt};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Mode,
    kind::{Kind, spelled},
    reader::Reader,
    section::Section,
    strength,
};
use crate::otp::{IndexKey, Keyring, keyring::Secret};

/// A root key of the ring with its id.
type RingKey = (String, Secret);

/// All keys of the service. `Debug` shows the ids only.
#[derive(Clone)]
pub struct Keys {
    ring: Vec<RingKey>,
    index: Secret,
}

impl Keys {
    /// The ring: the first key writes, all read.
    pub fn keyring(&self) -> Keyring {
        Keyring::new(self.ring.iter().cloned())
    }

    /// The key of the records' places.
    pub fn index_key(&self) -> IndexKey {
        IndexKey::new(self.index.clone())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.ring.iter().map(|(id, _)| id).collect();
        write!(f, "Keys({ids:?}, keys hidden)")
    }
}

const RING_KEY: Kind<RingKey> = Kind::new(
    "keys like \"k1:<base64 of 32 random bytes>\", the one that writes first; \
     `pombo keys new` makes one",
    |text| {
        let (id, key) = text.split_once(':')?;
        Some((key_id(id)?, key_bytes(key)?))
    },
)
.secret();

/// The id of a ring's key: 1 to 32 of `A-Za-z0-9-_`.
pub fn key_id(text: &str) -> Option<String> {
    spelled(text, 1..=32, |c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

const INDEX_KEY: Kind<Secret> =
    Kind::new("the base64 of 32 random bytes; `pombo keys new` makes them", key_bytes).secret();

/// 32 bytes, padded or not.
fn key_bytes(text: &str) -> Option<Secret> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&STANDARD, lenient).decode(text).map(Zeroizing::new).ok()?;
    <[u8; 32]>::try_from(&bytes[..]).ok().map(Zeroizing::new)
}

/// Of 32 random bytes 30 are different, mostly.
const LEAST_KINDS: usize = 16;

/// What makes a key one that somebody could guess.
fn weakness(key: &Secret) -> Option<&'static str> {
    let is_text = |byte: &u8| (b' '..=b'~').contains(byte) || byte.is_ascii_whitespace();
    let of_any = strength::weakness(&**key, LEAST_KINDS);
    of_any.or_else(|| key.iter().all(is_text).then_some("is a text"))
}

pub(super) fn read(reader: &mut Reader, mode: Mode, store_is_memory: bool) -> Keys {
    let strict = mode.is_strict();
    // Where the stand-in comes of a fault, it shall not be told of as a key that everybody knows.
    let stand_in = if store_is_memory || strict { random } else { development };
    let mut keys = reader.section("keys").demanding(strict);
    let ring = keys.need_list("ring", &RING_KEY, vec![("dev".to_owned(), stand_in("ring"))]);
    let index = keys.need("index", &INDEX_KEY, stand_in("index"));
    check(&mut keys, &ring, &index);
    check_strength(&mut keys, "ring", ring.iter().map(|(_, root)| root));
    check_strength(&mut keys, "index", [&index]);
    if strict {
        check_secrecy(&mut keys, "ring", ring.iter().map(|(_, root)| root));
        check_secrecy(&mut keys, "index", [&index]);
    }
    Keys { ring, index }
}

fn check_secrecy<'k>(
    keys: &mut Section<'_>,
    key: &str,
    secrets: impl IntoIterator<Item = &'k Secret>,
) {
    let public = ["ring", "index"].map(development);
    if secrets.into_iter().any(|secret| public.contains(secret)) {
        keys.refuse(
            key,
            "holds a key that `pombo dev` uses and everybody knows; make one with `pombo keys new`",
        );
    }
}

fn check(keys: &mut Section<'_>, ring: &[RingKey], index: &Secret) {
    let ids: BTreeSet<_> = ring.iter().map(|(id, _)| id).collect();
    let roots: BTreeSet<_> = ring.iter().map(|(_, root)| **root).collect();
    if ring.is_empty() {
        keys.refuse("ring", format!("is empty; it must be {}", RING_KEY.accepts()));
    } else if ids.len() < ring.len() {
        keys.refuse("ring", "names an id twice; give each key an id of its own");
    } else if roots.len() < ring.len() {
        keys.refuse(
            "ring",
            "holds a key twice under two ids; make a new one with `pombo keys new`",
        );
    } else if roots.contains(&**index) {
        keys.refuse("index", "is also in keys.ring; make another with `pombo keys new`");
    }
}

fn check_strength<'k>(
    keys: &mut Section<'_>,
    name: &str,
    given: impl IntoIterator<Item = &'k Secret>,
) {
    if let Some(weakness) = given.into_iter().find_map(weakness) {
        let sentence = format!(
            "holds a key that {weakness} and so can be guessed; make one with `pombo keys new`"
        );
        keys.refuse(name, sentence);
    }
}

/// For a store that is gone with the process: nobody will need to read what these wrote.
fn random(_label: &str) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *key);
    key
}

/// For `dev` on a Redis, so that a restart can read what it wrote. Everybody can work these out,
/// and that is fine: `dev` sends nothing to anybody, so there is no code worth guessing; and a
/// store remembers its index key's fingerprint, so these can't slip into one that `serve` uses.
fn development(label: &str) -> Secret {
    let words = format!("pombo dev key, public, for nothing but play: {label}");
    Zeroizing::new(Sha256::digest(words).into())
}
