//! Who calls: an API key in the metadata `authorization: Bearer KEY`, or the connection's certificate.

use std::sync::Arc;

use http::{HeaderMap, header::AUTHORIZATION};
use tonic::Status;

use super::{errors, peer::Peer, san::San};
use crate::{
    doors::{TokenHash, bearer_hash},
    otp::Purpose,
};

/// A program that may call.
pub struct Caller {
    /// Its name, in logs, limits and the owner of its challenges.
    pub name: String,
    /// How it is known.
    pub proof: Proof,
    /// What it may issue codes for; `None` for everything.
    pub purposes: Option<Vec<Purpose>>,
}

/// How a caller is known.
#[derive(Clone)]
pub enum Proof {
    /// By its API key.
    ApiKey(TokenHash),
    /// By a name in its certificate.
    MtlsSan(San),
}

/// Everybody who may call. With nobody named, everybody may (on loopback).
#[derive(Clone, Default)]
pub struct Callers(Arc<[Arc<Caller>]>);

/// Who makes a call; `None` where callers have no names.
pub type Known = Option<Arc<Caller>>;

impl Callers {
    /// Recognises the caller, or refuses. Who names a key is known by it, whatever the connection's
    /// certificate says.
    pub fn identify(&self, metadata: &HeaderMap, peer: &Peer) -> Result<Known, Status> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let found = match metadata.get(AUTHORIZATION) {
            Some(value) => {
                let key = value.to_str().ok().and_then(bearer_hash);
                key.and_then(|key| self.with_key(&key))
            }
            None => self.with_certificate(peer),
        };
        found.cloned().map(Some).ok_or_else(errors::unauthenticated)
    }

    fn with_key(&self, key: &TokenHash) -> Option<&Arc<Caller>> {
        // Every caller is looked at, so that time doesn't tell how far the search went.
        self.0.iter().fold(None, |found, caller| match &caller.proof {
            Proof::ApiKey(own) if own.is(key) => Some(caller),
            _ => found,
        })
    }

    /// A certificate that names two callers is neither's.
    pub fn with_certificate(&self, peer: &Peer) -> Option<&Arc<Caller>> {
        let is_named = |caller: &&Arc<Caller>| match &caller.proof {
            Proof::MtlsSan(san) => peer.has(san),
            Proof::ApiKey(_) => false,
        };
        let mut named = self.0.iter().filter(is_named);
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether somebody may call without a certificate.
    pub fn have_keys(&self) -> bool {
        self.0.iter().any(|caller| matches!(caller.proof, Proof::ApiKey(_)))
    }
}

impl FromIterator<Caller> for Callers {
    fn from_iter<I: IntoIterator<Item = Caller>>(callers: I) -> Self {
        Self(callers.into_iter().map(Arc::new).collect())
    }
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

    fn caller(name: &str, proof: Proof) -> Caller {
        Caller { name: name.into(), proof, purposes: Some(vec![Purpose::Signup]) }
    }

    fn callers() -> Callers {
        let bank = San::of("spiffe://bank.example/bank");
        Callers::from_iter([
            caller("signup", Proof::ApiKey(TokenHash::of("a key for tests"))),
            caller("bank", Proof::MtlsSan(bank)),
            caller("shop", Proof::MtlsSan(San::of("shop.example"))),
        ])
    }

    fn metadata(value: &'static str) -> HeaderMap {
        [(AUTHORIZATION, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_caller_is_known_by_its_key() {
        let (callers, nobody) = (callers(), Peer::default());
        for value in ["Bearer a key for tests", "bearer a key for tests"] {
            let caller = callers.identify(&metadata(value), &nobody).unwrap().unwrap();
            assert_eq!(caller.name, "signup");
            assert!(caller.may(Purpose::Signup) && !caller.may(Purpose::Login));
        }
        for value in ["Bearer another key", "Basic a key for tests", "a key for tests", "Bearer "] {
            let Err(refused) = callers.identify(&metadata(value), &nobody) else {
                panic!("{value}")
            };
            assert_eq!(refused.code(), tonic::Code::Unauthenticated);
        }
        assert!(callers.identify(&HeaderMap::new(), &nobody).is_err());
    }

    #[test]
    fn no_key_is_nobodys_key() {
        let callers = Callers::from_iter([caller("none", Proof::ApiKey(TokenHash::of("")))]);
        for value in ["Bearer ", "Bearer", "Basic x"] {
            assert!(callers.identify(&metadata(value), &Peer::default()).is_err(), "{value}");
        }
    }

    #[test]
    fn a_caller_is_known_by_its_certificate_unless_it_names_a_key() {
        let (callers, none) = (callers(), HeaderMap::new());
        let name = |metadata: &HeaderMap, sans: &[&str]| {
            let peer = sans.iter().map(|san| San::of(san)).collect();
            callers.identify(metadata, &peer).ok().flatten().map(|it| it.name.clone())
        };
        assert_eq!(name(&none, &["spiffe://bank.example/bank"]), Some("bank".into()));
        assert_eq!(name(&none, &["elsewhere.example", "shop.example"]), Some("shop".into()));
        for nobodys in [&["spiffe://bank.example/bank/2"][..], &["bank"], &[]] {
            assert_eq!(name(&none, nobodys), None, "{nobodys:?}");
        }
        assert_eq!(name(&none, &["shop.example", "spiffe://bank.example/bank"]), None);
        assert_eq!(
            name(&metadata("Bearer a key for tests"), &["shop.example"]),
            Some("signup".into())
        );
        assert_eq!(name(&metadata("Bearer another"), &["shop.example"]), None);
    }
}
