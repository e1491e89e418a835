//! `Authorization: Bearer TOKEN`, compared without telling how close a guess was.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// SHA-256 of a token: of one length whatever the token's.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Of a token that is known by its hash only.
    pub const fn known(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Whether both are of one token, in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The hash of the token in the value of an `authorization` header, if it carries one.
pub fn bearer_hash(value: &str) -> Option<TokenHash> {
    // The scheme's name knows no case (RFC 9110 §11.1).
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    // No token is nobody's token, whatever hash somebody may have configured.
    let is_one = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    is_one.then(|| TokenHash::of(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_after_its_scheme() {
        let token = TokenHash::of("a token for tests");
        for value in ["Bearer a token for tests", "bearer a token for tests"] {
            assert!(bearer_hash(value).unwrap().is(&token), "{value}");
        }
        assert!(!bearer_hash("Bearer another").unwrap().is(&token));
        for value in ["", "Bearer", "Bearer ", "Basic a token for tests", "a token for tests"] {
            assert!(bearer_hash(value).is_none(), "{value}");
        }
    }
}
