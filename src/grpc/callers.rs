//! Who calls: an API key in the metadata `authorization: Bearer KEY`.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tonic::{Status, metadata::MetadataMap};

use super::errors;
use crate::otp::Purpose;

/// A program that may call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name, in logs, limits and the owner of its challenges.
    pub name: String,
    /// SHA-256 of its API key.
    pub api_key_sha256: [u8; 32],
    /// What it may issue codes for; `None` for everything.
    pub purposes: Option<Vec<Purpose>>,
}

/// Everybody who may call. With nobody named, everybody may (on loopback).
#[derive(Clone, Debug, Default)]
pub struct Callers(pub Vec<Caller>);

impl Callers {
    /// Recognises the caller, or refuses.
    pub fn identify(&self, metadata: &MetadataMap) -> Result<Option<&Caller>, Status> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = metadata.get("authorization").and_then(|value| value.to_str().ok());
        let key = key.and_then(bearer).ok_or_else(errors::unauthenticated)?;
        let hash: [u8; 32] = Sha256::digest(key).into();
        // Every caller is looked at, so that time doesn't tell how far the search went.
        let found = self.0.iter().fold(None, |found, caller| {
            let same: bool = caller.api_key_sha256.ct_eq(&hash).into();
            if same { Some(caller) } else { found }
        });
        found.map(Some).ok_or_else(errors::unauthenticated)
    }
}

/// The key after the scheme, whose name knows no case (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    // No key is nobody's key, whatever hash somebody may have configured.
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

impl Caller {
    /// Whether it may issue codes for this.
    pub fn may(&self, purpose: Purpose) -> bool {
        self.purposes.as_ref().is_none_or(|purposes| purposes.contains(&purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers() -> Callers {
        Callers(vec![Caller {
            name: "signup".into(),
            api_key_sha256: Sha256::digest("a key for tests").into(),
            purposes: Some(vec![Purpose::Signup]),
        }])
    }

    #[test]
    fn no_key_is_nobodys_key() {
        let mut callers = callers();
        callers.0[0].api_key_sha256 = Sha256::digest("").into();
        for value in ["Bearer ", "Bearer", "Basic x"] {
            assert!(callers.identify(&metadata(value)).is_err(), "{value}");
        }
        assert!(callers.identify(&MetadataMap::new()).is_err());
    }

    fn metadata(value: &'static str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert("authorization", value.parse().unwrap());
        metadata
    }

    #[test]
    fn a_caller_is_known_by_its_key() {
        let callers = callers();
        for value in ["Bearer a key for tests", "bearer a key for tests"] {
            let caller = callers.identify(&metadata(value)).unwrap().unwrap();
            assert_eq!(caller.name, "signup");
            assert!(caller.may(Purpose::Signup) && !caller.may(Purpose::Login));
        }
        for value in ["Bearer another key", "Basic a key for tests", "a key for tests", "Bearer "] {
            let refused = callers.identify(&metadata(value)).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::Unauthenticated);
        }
        assert!(callers.identify(&MetadataMap::new()).is_err());
    }
}
