//! The key that signs notifications, and the certificate that shows its public half.

use base64::{Engine, prelude::BASE64_STANDARD};
use num_bigint::BigUint;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey};
use sha1::{Digest, Sha1};

use super::ids;

/// 2,048 bits.
const BYTES: usize = 256;
/// What PKCS #1 puts before a SHA-1 digest: its algorithm, in DER.
const SHA1_INFO: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];

pub(in crate::simulator::aws) struct Key {
    pair: KeyPair,
    modulus: BigUint,
    exponent: BigUint,
    file: String,
    pem: String,
}

impl Key {
    #[expect(clippy::expect_used, reason = "nothing in it depends on anything from outside")]
    pub fn make() -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .expect("a key of this size can be made");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
        let certificate = params.self_signed(&pair).expect("a name and a key make a certificate");
        let (modulus, exponent) = numbers(&pair.serialize_der()).expect("PKCS #8 holds both");
        let file = format!("SimpleNotificationService-{}.pem", ids::hex(32));
        Self { pair, modulus, exponent, file, pem: certificate.pem() }
    }

    /// The certificate's name on this machine.
    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Base64 of the signature over this text: by SHA-1 for version "1", by SHA-256 for any other.
    #[expect(clippy::expect_used, reason = "a key of our own making signs any text")]
    pub fn sign(&self, version: &str, text: &str) -> String {
        BASE64_STANDARD.encode(match version {
            "1" => self.sha1(text),
            _ => self.pair.sign(text.as_bytes()).expect("any text will do"),
        })
    }

    /// PKCS #1 v1.5 by hand: no library that is here signs by SHA-1 any more, and SNS still does.
    fn sha1(&self, text: &str) -> Vec<u8> {
        let digest = Sha1::digest(text.as_bytes());
        let padding = BYTES - 3 - SHA1_INFO.len() - digest.len();
        let mut block = vec![0x00, 0x01];
        block.resize(2 + padding, 0xff);
        block.push(0x00);
        block.extend(SHA1_INFO);
        block.extend(digest);
        let signature = BigUint::from_bytes_be(&block).modpow(&self.exponent, &self.modulus);
        let bytes = signature.to_bytes_be();
        let mut signature = vec![0; BYTES - bytes.len()];
        signature.extend(bytes);
        signature
    }
}

/// Modulus and private exponent of a PKCS #8 key: its third field holds a PKCS #1 key, whose second and
/// fourth they are.
fn numbers(der: &[u8]) -> Option<(BigUint, BigUint)> {
    let key = fields(fields(der)?.first()?)?;
    let key = fields(fields(key.get(2)?)?.first()?)?;
    Some((BigUint::from_bytes_be(key.get(1)?), BigUint::from_bytes_be(key.get(3)?)))
}

/// The contents of these DER values, one after the other.
fn fields(mut der: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while let [_tag, length, rest @ ..] = der {
        // From 128 on, the length's own length stands first.
        let long = usize::from(length & 0x7f) * usize::from(length >> 7);
        let (head, rest) = rest.split_at_checked(long)?;
        let length = match long {
            0 => usize::from(*length),
            _ => head.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        };
        let (field, rest) = rest.split_at_checked(length)?;
        fields.push(field);
        der = rest;
    }
    Some(fields)
}
