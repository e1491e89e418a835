//! The ring of keys, whose first key writes and all of whose keys read.
//!
//! Sub-keys come from a root key by HKDF-SHA-256, one for each use, so that no key serves two ends.
//! Everything here is wiped from memory when dropped and hidden from `Debug`.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{
    attestation::{Claims, KeySet, Signer},
    id::{ChallengeId, RecipientKey},
    phone::PhoneNumber,
    transaction::Details,
};

/// 32 secret bytes.
pub type Secret = Zeroizing<[u8; 32]>;

/// One root key and what is made of it.
struct RingKey {
    id: String,
    pepper: Secret,
    numbers: Secret,
    details: Secret,
    attestation: Signer,
}

/// The root keys. The first writes, all read, and what was written says which key it needs.
pub struct Keyring(Vec<RingKey>);

/// A text that only the ring can read: the key's id, a nonce and the ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Id of the ring's key.
    pub key_id: String,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({}, hidden)", self.key_id)
    }
}

/// A key that the ring does not hold (any more), or bytes that it did not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key of the ring reads this (it was written with key {0:?})")]
pub struct Unreadable(pub String);

impl Keyring {
    /// A ring of (id, root key), the writing key first. Not empty.
    pub fn new(roots: impl IntoIterator<Item = (String, Secret)>) -> Self {
        let keys = roots.into_iter().map(|(id, root)| RingKey {
            pepper: derive(&root, b"pombo pepper v1"),
            numbers: derive(&root, b"pombo number sealing v1"),
            details: derive(&root, b"pombo payment sealing v1"),
            attestation: Signer::new(&derive(&root, b"pombo attestation v1")),
            id,
        });
        Self(keys.collect())
    }

    /// The id of the key that writes.
    pub fn writing(&self) -> &str {
        &self.0[0].id
    }

    fn key(&self, id: &str) -> Result<&RingKey, Unreadable> {
        let found = self.0.iter().find(|key| key.id == id);
        found.ok_or_else(|| Unreadable(id.to_owned()))
    }

    /// The secret of the code digest made with key `id`.
    pub fn pepper(&self, id: &str) -> Result<&[u8; 32], Unreadable> {
        Ok(&self.key(id)?.pepper)
    }

    /// Seals a number for the record at `place`: bytes moved to another record don't open.
    pub fn seal_number(
        &self,
        number: &PhoneNumber,
        place: &RecipientKey,
        rng: &mut impl CryptoRng,
    ) -> Sealed {
        let key = &self.0[0];
        Sealed {
            key_id: key.id.clone(),
            bytes: seal(&key.numbers, &place.0, number.e164().as_bytes(), rng),
        }
    }

    /// Opens a number sealed for the record at `place`.
    pub fn open_number(
        &self,
        sealed: &Sealed,
        place: &RecipientKey,
    ) -> Result<PhoneNumber, Unreadable> {
        let number = open(&self.key(&sealed.key_id)?.numbers, &place.0, &sealed.bytes);
        // The number was checked when it was sealed; test numbers need no country's plan.
        let number = number.and_then(|number| PhoneNumber::parse_test_number(&number).ok());
        number.ok_or_else(|| Unreadable(sealed.key_id.clone()))
    }

    /// Seals what a payment's message shows, for this challenge and no other.
    pub fn seal_details(
        &self,
        details: &Details,
        challenge: &ChallengeId,
        rng: &mut impl CryptoRng,
    ) -> Sealed {
        let (key, text) = (&self.0[0], Zeroizing::new(details.to_text()));
        Sealed {
            key_id: key.id.clone(),
            bytes: seal(&key.details, &challenge.0, text.as_bytes(), rng),
        }
    }

    /// Opens what was sealed for this challenge.
    pub fn open_details(
        &self,
        sealed: &Sealed,
        challenge: &ChallengeId,
    ) -> Result<Details, Unreadable> {
        let text = open(&self.key(&sealed.key_id)?.details, &challenge.0, &sealed.bytes);
        let details = text.and_then(|text| Details::from_text(&text));
        details.ok_or_else(|| Unreadable(sealed.key_id.clone()))
    }

    /// Signs what is attested with key `id`.
    pub fn attest(&self, id: &str, claims: &Claims<'_>) -> Result<String, Unreadable> {
        Ok(self.key(id)?.attestation.sign(claims))
    }

    /// What checks the signatures of every key.
    pub fn key_set(&self) -> KeySet {
        KeySet { keys: self.0.iter().map(|key| key.attestation.public().clone()).collect() }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.iter().map(|key| &key.id).collect();
        write!(f, "Keyring({ids:?}, keys hidden)")
    }
}

/// Nonce, ciphertext and tag of a text that belongs to `owner`.
fn seal(key: &Secret, owner: &[u8], text: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    rng.fill_bytes(&mut nonce);
    let mut sealed = text.to_vec();
    // Sealing a short text under a key of the right length has no way to fail.
    #[allow(clippy::expect_used)]
    aead(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(owner),
            &mut sealed,
        )
        .expect("a short text can be sealed");
    [&nonce[..], &sealed].concat()
}

fn open(key: &Secret, owner: &[u8], sealed: &[u8]) -> Option<Zeroizing<String>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = Zeroizing::new(text.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = aead(key).open_in_place(nonce, Aad::from(owner), &mut text).ok()?;
    std::str::from_utf8(opened).ok().map(|text| Zeroizing::new(text.to_owned()))
}

fn aead(key: &Secret) -> LessSafeKey {
    // AES-GCM-SIV forgives a repeated nonce, which random ones can't rule out over the years.
    #[allow(clippy::expect_used)]
    LessSafeKey::new(
        UnboundKey::new(&AES_256_GCM_SIV, &**key).expect("32 bytes make an AES-256 key"),
    )
}

fn derive(root: &Secret, label: &[u8]) -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    #[allow(clippy::expect_used)]
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"pombo")
        .extract(&**root)
        .expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("HKDF gives 32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::Transaction;

    fn secret(byte: u8) -> Secret {
        Zeroizing::new([byte; 32])
    }

    fn number() -> PhoneNumber {
        PhoneNumber::parse("+5511987654321").unwrap()
    }

    #[test]
    fn a_sealed_number_opens_with_its_key_in_its_place_only() {
        let mut rng = rand::rng();
        let place = RecipientKey([7; 16]);
        let old = Keyring::new([("k1".to_owned(), secret(1))]);
        let sealed = old.seal_number(&number(), &place, &mut rng);
        let rotated = Keyring::new([("k2".to_owned(), secret(2)), ("k1".to_owned(), secret(1))]);
        assert_eq!(rotated.open_number(&sealed, &place), Ok(number()));
        assert!(rotated.open_number(&sealed, &RecipientKey([8; 16])).is_err());
        let stranger = Keyring::new([("k1".to_owned(), secret(3))]);
        assert!(stranger.open_number(&sealed, &place).is_err());
        assert!(!format!("{sealed:?} {old:?}").contains("98765"));
    }

    #[test]
    fn sealed_details_open_for_their_challenge_only() {
        let ring = Keyring::new([("k1".to_owned(), secret(1))]);
        let transaction = Transaction::parse("10.50", "BRL", "Ana\u{2028}Lima", "r").unwrap();
        let (details, id) = (transaction.details(), ChallengeId([7; 32]));
        let sealed = ring.seal_details(&details, &id, &mut rand::rng());
        assert_eq!(ring.open_details(&sealed, &id), Ok(details.clone()));
        assert!(ring.open_details(&sealed, &ChallengeId([8; 32])).is_err());
        let place = RecipientKey([7; 16]);
        assert!(ring.open_number(&sealed, &place).is_err(), "no key serves two ends");
        assert!(!format!("{sealed:?} {details:?}").contains("Ana"));
    }
}
