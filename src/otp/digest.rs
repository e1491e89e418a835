//! What is kept of a code: a hash under a secret that the store does not hold.
//!
//! `Argon2id(password = code, salt = challenge id, secret = pepper, associated data = SHA-256 of
//! recipient key, purpose and transaction)`. All codes of a challenge share their salt, so one hash
//! of a guess is compared with each of them. The pepper carries the weight: without it six digits
//! can't be recovered at any cost, with it only the work factor of the profile stands in the way.

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::{
    code::Code,
    id::{ChallengeId, RecipientKey},
    kinds::Purpose,
};

/// How much work a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Argon2id, 1 MiB, one pass.
    Balanced,
    /// Argon2id, 19 MiB, two passes: OWASP's minimum for passwords.
    Owasp,
    /// HMAC-SHA-256: rests on the pepper alone.
    Keyed,
}

impl Profile {
    /// As the configuration and the metrics spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Owasp => "owasp",
            Self::Keyed => "keyed",
        }
    }
}

/// Everything but pepper and code that goes into the digest of one challenge's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The salt.
    pub challenge: ChallengeId,
    /// The work.
    pub profile: Profile,
    /// Which key of the ring is the pepper's.
    pub key_id: String,
    /// Digits of the challenge's codes.
    pub length: u8,
    /// SHA-256 over recipient key, purpose and transaction.
    pub binding: [u8; 32],
}

/// The kept hash of one code.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(hidden)")
    }
}

/// The associated data: a code serves this recipient, this purpose and this payment only.
pub fn binding(
    recipient: &RecipientKey,
    purpose: Purpose,
    transaction: Option<&[u8; 16]>,
) -> [u8; 32] {
    Sha256::new()
        .chain_update(recipient.0)
        .chain_update([purpose as u8])
        .chain_update(transaction.map_or(&[][..], |tag| &tag[..]))
        .finalize()
        .into()
}

/// What hashes work in, one after another: kept, since a profile's megabytes, taken and given back by
/// ever another thread, would leave each of them holding some.
#[derive(Default)]
pub struct Workspace(Vec<argon2::Block>);

impl Workspace {
    /// At least so many blocks, with whatever the last hash left in them: the first pass writes each
    /// before it reads it.
    fn blocks(&mut self, count: usize) -> &mut [argon2::Block] {
        self.0.resize(self.0.len().max(count), argon2::Block::new());
        &mut self.0[..count]
    }
}

impl Recipe {
    /// Hashes a code. Takes about 0.5 ms (`Balanced`), 30 ms (`Owasp`) or 1 µs (`Keyed`) of one
    /// core; but for the last, call it off the async threads.
    pub fn digest(&self, pepper: &[u8; 32], code: &Code, workspace: &mut Workspace) -> Digest {
        let code = code.digits().as_bytes();
        match self.profile {
            Profile::Balanced => self.argon2id(1024, 1, pepper, code, workspace),
            Profile::Owasp => self.argon2id(19 * 1024, 2, pepper, code, workspace),
            Profile::Keyed => self.hmac(pepper, code),
        }
    }

    // The inputs' lengths are fixed by their types and far inside Argon2's limits.
    #[allow(clippy::expect_used)]
    fn argon2id(
        &self,
        memory_kib: u32,
        passes: u32,
        pepper: &[u8; 32],
        code: &[u8],
        workspace: &mut Workspace,
    ) -> Digest {
        let params = argon2::ParamsBuilder::new()
            .m_cost(memory_kib)
            .t_cost(passes)
            .p_cost(1)
            .data(argon2::AssociatedData::new(&self.binding).expect("32 bytes of associated data"))
            .build()
            .expect("the profiles are valid");
        let blocks = workspace.blocks(params.block_count());
        let mut digest = [0; 32];
        hasher(pepper, params)
            .hash_password_into_with_memory(code, &self.challenge.0, &mut digest, blocks)
            .expect("code, salt and output have valid lengths");
        Digest(digest)
    }

    #[allow(clippy::expect_used)]
    fn hmac(&self, pepper: &[u8; 32], code: &[u8]) -> Digest {
        let mac = Hmac::<Sha256>::new_from_slice(pepper).expect("HMAC takes a key of any length");
        let mac = mac.chain_update(self.challenge.0).chain_update(self.binding);
        Digest(mac.chain_update(code).finalize().into_bytes().into())
    }
}

#[allow(clippy::expect_used)]
fn hasher(pepper: &[u8; 32], params: Params) -> Argon2<'_> {
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .expect("a pepper of 32 bytes is short enough")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(profile: Profile) -> Recipe {
        Recipe {
            challenge: ChallengeId([1; 32]),
            profile,
            key_id: "k1".into(),
            length: 6,
            binding: binding(&RecipientKey([2; 16]), Purpose::Transaction, Some(&[3; 16])),
        }
    }

    #[test]
    fn every_ingredient_changes_the_digest() {
        let code = Code::parse("123456").unwrap();
        let mut space = Workspace::default();
        for profile in [Profile::Balanced, Profile::Owasp, Profile::Keyed] {
            let base = recipe(profile);
            let digest = base.digest(&[9; 32], &code, &mut space);
            assert!(base.digest(&[9; 32], &code, &mut space).matches(&digest), "whatever it held");
            let fresh = base.digest(&[9; 32], &code, &mut Workspace::default());
            assert!(fresh.matches(&digest), "or held not");
            let other_code = base.digest(&[9; 32], &Code::parse("123457").unwrap(), &mut space);
            let other_pepper = base.digest(&[8; 32], &code, &mut space);
            let other_id = Recipe { challenge: ChallengeId([4; 32]), ..base.clone() };
            let elsewhere = binding(&RecipientKey([2; 16]), Purpose::Transaction, Some(&[4; 16]));
            let other_payment = Recipe { binding: elsewhere, ..base };
            for other in [
                other_code,
                other_pepper,
                other_id.digest(&[9; 32], &code, &mut space),
                other_payment.digest(&[9; 32], &code, &mut space),
            ] {
                assert!(!other.matches(&digest), "{profile:?}");
            }
        }
    }
}
