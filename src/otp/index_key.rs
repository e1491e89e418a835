//! The index key, which keeps the places of the store secret: everything that names a person, a
//! message or a call there is an HMAC under it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    id::{ChallengeId, MessageTag, OperationId, RecipientKey},
    keyring::Secret,
    phone::PhoneNumber,
    transaction::Transaction,
};

/// 32 secret bytes, wiped when dropped. They stand outside the ring, because changing them would
/// move every record.
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

    /// The person in what we attest. Under a key of its own, which is made of this one and not of the
    /// ring's: so it stays the same for one number whatever the ring is rotated to, and those who are
    /// told of one person by the same service can tell that it is one. It comes from the record's
    /// place, since the number is erased by the time that a verification is told again.
    pub fn attested(&self, recipient: &RecipientKey) -> [u8; 16] {
        let key = Zeroizing::new(mac(&self.0, &[b"attestation"]));
        truncated(&mac(&key, &[&recipient.0]))
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

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

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
}
