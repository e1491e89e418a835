//! What a caller can show to others: a signed statement that a code was given.
//!
//! A compact JWS (RFC 7515) by Ed25519 (RFC 8037), whose claims are those of a JWT (RFC 7519) and a
//! few of our own. Ed25519 signs the same words with the same bytes, and all that is said comes from
//! the record and the guess: so a verification that is told again carries the very token of the
//! first time, by whichever replica.

use std::{fmt, time::Duration};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    challenge::Challenge,
    keyring::Secret,
    kinds::{Arm, State},
    transaction::Transaction,
};

/// `typ` of the tokens. One of its own, so that none passes for a JWT of another kind (RFC 8725).
pub const TYPE: &str = "pombo-verification+jwt";

const ALGORITHM: &str = "EdDSA";
const CURVE: &str = "Ed25519";
const KEY_TYPE: &str = "OKP";

/// Who attests, and how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `iss`.
    pub name: String,
    /// From the verification to `exp`.
    pub ttl: Duration,
}

impl Default for Issuer {
    fn default() -> Self {
        Self { name: "pombo".to_owned(), ttl: Duration::from_secs(300) }
    }
}

/// What is attested.
#[derive(Serialize)]
pub struct Claims<'a> {
    iss: &'a str,
    /// The caller. Left out where callers have no names: there is nobody whom it is meant for, a
    /// made-up name might be a caller's elsewhere, and who asks for its own name refuses a token
    /// that has none.
    #[serde(skip_serializing_if = "str::is_empty")]
    aud: &'a str,
    /// The person whose number it is, and not the caller's `subject_id`: the number is what the code
    /// has shown, while the other is the caller's word, unique among its own only.
    sub: String,
    /// A challenge is verified once, so its id names its token, too.
    jti: String,
    iat: u64,
    exp: u64,
    purpose: &'static str,
    channel: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_digest: Option<String>,
}

impl<'a> Claims<'a> {
    /// The claims of a challenge that was verified; none of any other. `recipient` is
    /// [`IndexKey::attested`](super::IndexKey::attested), `transaction` what the guess approved.
    pub fn of(
        issuer: &'a Issuer,
        challenge: &'a Challenge,
        recipient: [u8; 16],
        transaction: Option<&Transaction>,
    ) -> Option<Self> {
        let verified = challenge.conclusion.filter(|it| it.state == State::Verified)?;
        let channel = challenge.used_channel()?;
        let iat = verified.at.millis() / 1000;
        Some(Self {
            iss: &issuer.name,
            aud: &challenge.flow.caller,
            sub: BASE64URL.encode(recipient),
            jti: challenge.id.to_string(),
            iat,
            exp: iat + issuer.ttl.as_secs(),
            purpose: challenge.flow.purpose.as_str(),
            // Nothing was sent to a test number, so its code shows nothing to others.
            channel: if challenge.arm == Arm::Test { "test" } else { channel.as_str() },
            subject_id: &challenge.flow.subject,
            transaction_digest: transaction.map(transaction_digest),
        })
    }
}

/// What a receiver can work out, too: SHA-256 of the four fields with line breaks between them, in
/// which no field has one.
fn transaction_digest(transaction: &Transaction) -> String {
    let Transaction { amount, currency, payee, reference } = transaction;
    BASE64URL.encode(Sha256::digest([&**amount, currency, payee, reference].join("\n")))
}

/// A key that signs. Wiped when dropped.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// A public key as RFC 7517 writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
}

/// The keys by which anybody can check a token, as RFC 7517 writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeySet {
    /// One for each key of the ring, in its order.
    pub keys: Vec<PublicKey>,
}

impl Signer {
    /// The key that these bytes make.
    pub fn new(seed: &Secret) -> Self {
        #[allow(clippy::expect_used)]
        let pair = Ed25519KeyPair::from_seed_unchecked(&**seed).expect("32 bytes make a key");
        let x = BASE64URL.encode(pair.public_key());
        let public = PublicKey {
            kty: KEY_TYPE,
            crv: CURVE,
            usage: "sig",
            alg: ALGORITHM,
            kid: thumbprint(&x),
            x,
        };
        Self { pair, public }
    }

    /// What checks its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The token that says this.
    pub fn sign(&self, claims: &Claims<'_>) -> String {
        let kid = &self.public.kid;
        let header = format!(r#"{{"alg":"{ALGORITHM}","typ":"{TYPE}","kid":"{kid}"}}"#);
        #[allow(clippy::expect_used)]
        let claims = serde_json::to_vec(claims).expect("claims have no map whose keys are no text");
        self.sign_parts(header.as_bytes(), &claims)
    }

    /// RFC 7515, section 7.1.
    fn sign_parts(&self, header: &[u8], payload: &[u8]) -> String {
        let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(payload));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL.encode(signature))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, key hidden)", self.public.kid)
    }
}

/// The key's name by RFC 7638: whoever has the key set can work it out, and it tells nothing more.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"{CURVE}","kty":"{KEY_TYPE}","x":"{x}"}}"#);
    BASE64URL.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    /// The key of RFC 8037, appendix A.
    fn signer() -> Signer {
        let seed = BASE64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        Signer::new(&Zeroizing::new(seed.try_into().unwrap()))
    }

    #[test]
    fn keys_and_signatures_are_those_of_the_rfc() {
        let signer = signer();
        assert_eq!(signer.public.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(signer.public.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(
            signer.sign_parts(br#"{"alg":"EdDSA"}"#, b"Example of Ed25519 signing"),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09\
             PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn a_key_shows_its_public_half_only() {
        let key = serde_json::to_value(signer().public()).unwrap();
        let wanted = serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        assert_eq!(key, wanted);
        assert!(!format!("{:?}", signer()).contains("nWGx"));
    }

    #[test]
    fn one_payment_has_one_digest() {
        let digest = |amount, payee, reference| {
            let parsed = Transaction::parse(amount, "BRL", payee, reference).unwrap();
            transaction_digest(&parsed)
        };
        // printf '10.5\nBRL\nAna\nr' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(digest("010.50", "Ana", "r"), "VYXxwb8TSTVQHUtk9hBRmlMSO0Dta-0XE4KqaGht8oY");
        assert_ne!(digest("10.5", "An", "ar"), digest("10.5", "Ana", "r"));
    }
}
