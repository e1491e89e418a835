//! Keys: the ring whose first key writes and all of whose keys read, and the index key.
//!
//! Sub-keys come from a root key by HKDF-SHA-256, one for each use, so that no key serves two ends.
//! Everything here is wiped from memory when dropped and hidden from `Debug`.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use hmac::{Hmac, KeyInit, Mac};
use rand::{CryptoRng, Rng};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    id::{ChallengeId, MessageTag, OperationId, RecipientKey},
    phone::PhoneNumber,
    transaction::Transaction,
};

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

/// Keeps the place of a recipient's record secret: everything that names a person or a message in
/// the store is an HMAC under this key. It stands outside the ring, because changing it would move
/// every record.
pub struct IndexKey(Secret);

impl IndexKey {
    /// Takes the key.
    pub fn new(key: Secret) -> Self {
        Self(key)
    }

    /// Recognises the key without telling it: the store keeps this and refuses another key.
    pub fn fingerprint(&self) -> String {
        let tag: [u8; 8] = truncated(&mac(&self.0, &[b"fingerprint"]));
        tag.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where the record of `number` lives.
    pub fn recipient(&self, number: &PhoneNumber) -> RecipientKey {
        RecipientKey(truncated(&mac(&self.0, &[b"recipient", number.e164().as_bytes()])))
    }

    /// A fresh id for a challenge of `recipient`.
    pub fn challenge_id(&self, recipient: &RecipientKey, rng: &mut impl Rng) -> ChallengeId {
        let mut id = [0; 32];
        let (random, masked) = id.split_at_mut(16);
        rng.fill_bytes(random);
        masked.copy_from_slice(&self.masked(&recipient.0, random));
        ChallengeId(id)
    }

    /// The recipient in an id. Any id has one; a made-up id leads to a record that is not there.
    pub fn recipient_of(&self, id: &ChallengeId) -> RecipientKey {
        let (random, masked) = id.0.split_at(16);
        RecipientKey(self.masked(masked, random))
    }

    fn masked(&self, key: &[u8], random: &[u8]) -> [u8; 16] {
        let mask: [u8; 16] = truncated(&mac(&self.0, &[b"challenge id", random]));
        std::array::from_fn(|i| key[i] ^ mask[i])
    }

    /// A provider's message id, unrecognisable.
    pub fn message_tag(&self, sender: &str, message_id: &str) -> MessageTag {
        MessageTag(truncated(&mac(
            &self.0,
            &[b"message", sender.as_bytes(), message_id.as_bytes()],
        )))
    }

    /// A payment, unrecognisable. Sixteen bytes are compared, and hashed into every digest.
    pub fn transaction_tag(&self, transaction: &Transaction) -> [u8; 16] {
        truncated(&mac(&self.0, &[b"transaction", &transaction.bytes()]))
    }

    /// The operation that a caller's idempotency key names.
    pub fn operation(&self, call: &str, caller: &str, idempotency_key: &str) -> OperationId {
        let parts = [b"operation", call.as_bytes(), caller.as_bytes(), idempotency_key.as_bytes()];
        OperationId(truncated(&mac(&self.0, &parts)))
    }

    /// A keyed hash of what a call says, to recognise a retry without keeping what it said. Under
    /// this key and not the ring's: a retry may come after a rotation.
    pub fn call_tag(&self, fields: &[&[u8]]) -> [u8; 12] {
        let parts: Vec<&[u8]> =
            [b"call".as_slice()].into_iter().chain(fields.iter().copied()).collect();
        truncated(&mac(&self.0, &parts))
    }

    /// The place of a shared limit's counter: nothing of the value it counts can be read from it.
    pub fn limit_tag(&self, limit: &str, value: &[&[u8]]) -> [u8; 16] {
        let mut parts: Vec<&[u8]> = vec![b"limit", limit.as_bytes()];
        parts.extend(value);
        truncated(&mac(&self.0, &parts))
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey(hidden)")
    }
}

/// HMAC-SHA-256 over the parts, each with its length, so that they can't run into each other.
fn mac(key: &Secret, parts: &[&[u8]]) -> [u8; 32] {
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(&**key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn truncated<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|i| hash[i])
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
    fn an_id_leads_to_its_recipient_and_to_no_other() {
        let mut rng = rand::rng();
        let index = IndexKey::new(secret(1));
        let recipient = index.recipient(&number());
        let ids = [(); 2].map(|()| index.challenge_id(&recipient, &mut rng));
        assert!(ids.iter().all(|id| index.recipient_of(id) == recipient));
        assert_ne!(ids[0].0[16..], ids[1].0[16..], "two ids of one person can't be linked");
        assert_ne!(IndexKey::new(secret(2)).recipient_of(&ids[0]), recipient);
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
