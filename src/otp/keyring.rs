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

use super::{id::RecipientKey, phone::PhoneNumber};

/// 32 secret bytes.
pub type Secret = Zeroizing<[u8; 32]>;

/// One root key and what is made of it.
struct RingKey {
    id: String,
    pepper: Secret,
    sealing: Secret,
}

/// The root keys. The first writes, all read, and what was written says which key it needs.
pub struct Keyring(Vec<RingKey>);

/// A phone number that only the ring can read: the key's id, a nonce and the ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedNumber {
    /// Id of the ring's key.
    pub key_id: String,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for SealedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedNumber({}, hidden)", self.key_id)
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
            sealing: derive(&root, b"pombo number sealing v1"),
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
    pub fn seal(
        &self,
        number: &PhoneNumber,
        place: &RecipientKey,
        rng: &mut impl CryptoRng,
    ) -> SealedNumber {
        let key = &self.0[0];
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut text = number.e164().as_bytes().to_vec();
        // Sealing a dozen bytes under a key of the right length has no way to fail.
        #[allow(clippy::expect_used)]
        aead(&key.sealing)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.0),
                &mut text,
            )
            .expect("a short text can be sealed");
        SealedNumber { key_id: key.id.clone(), bytes: [&nonce[..], &text].concat() }
    }

    /// Opens a number sealed for the record at `place`.
    pub fn open(
        &self,
        sealed: &SealedNumber,
        place: &RecipientKey,
    ) -> Result<PhoneNumber, Unreadable> {
        let unreadable = || Unreadable(sealed.key_id.clone());
        let key = self.key(&sealed.key_id)?;
        let (nonce, text) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(unreadable)?;
        let mut text = Zeroizing::new(text.to_vec());
        let number = aead(&key.sealing)
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.0), &mut text)
            .map_err(|_| unreadable())?;
        let number = std::str::from_utf8(number).map_err(|_| unreadable())?;
        // The number was checked when it was sealed; test numbers need no country's plan.
        PhoneNumber::parse_test_number(number).map_err(|_| unreadable())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.iter().map(|key| &key.id).collect();
        write!(f, "Keyring({ids:?}, keys hidden)")
    }
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
        let sealed = old.seal(&number(), &place, &mut rng);
        let rotated = Keyring::new([("k2".to_owned(), secret(2)), ("k1".to_owned(), secret(1))]);
        assert_eq!(rotated.open(&sealed, &place), Ok(number()));
        assert!(rotated.open(&sealed, &RecipientKey([8; 16])).is_err());
        let stranger = Keyring::new([("k1".to_owned(), secret(3))]);
        assert!(stranger.open(&sealed, &place).is_err());
        assert!(!format!("{sealed:?} {old:?}").contains("98765"));
    }
}
