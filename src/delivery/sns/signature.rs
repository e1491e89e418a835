//! Whether a signature is a key's, and the key in a certificate.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use x509_parser::{pem::parse_x509_pem, time::ASN1Time};

use super::message::Notification;
use crate::otp::Time;

/// A key that SNS signs with.
#[derive(Clone)]
pub struct Key {
    /// PKCS #1.
    public: Vec<u8>,
    /// The certificate's first and last second.
    valid: (i64, i64),
}

impl Key {
    /// Reads a certificate in PEM.
    ///
    /// Its issuer is not looked at: what vouches for it is the address it was fetched from, under
    /// SNS's own name and by TLS. SNS publishes no chain, and its other readers don't ask for one.
    pub fn of_certificate(pem: &[u8]) -> Option<Self> {
        let (_, pem) = parse_x509_pem(pem).ok()?;
        let certificate = pem.parse_x509().ok()?;
        let valid = certificate.validity();
        Some(Self {
            public: certificate.public_key().subject_public_key.data.to_vec(),
            valid: (ASN1Time::timestamp(&valid.not_before), ASN1Time::timestamp(&valid.not_after)),
        })
    }

    /// Whether this key signed the notification, at a time when its certificate was valid. A version
    /// that is not known is nobody's.
    pub fn signed(&self, notification: &Notification) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm =
            match notification.signature_version.as_str() {
                "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                "2" => &RSA_PKCS1_2048_8192_SHA256,
                _ => return false,
            };
        let Ok(signature) = BASE64_STANDARD.decode(&notification.signature) else {
            return false;
        };
        let key = UnparsedPublicKey::new(algorithm, &self.public);
        let text = notification.signed_text();
        self.was_valid(notification.published_at())
            && key.verify(text.as_bytes(), &signature).is_ok()
    }

    fn was_valid(&self, at: Option<Time>) -> bool {
        let second = at.and_then(|at| i64::try_from(at.millis() / 1000).ok());
        second.is_some_and(|second| (self.valid.0..=self.valid.1).contains(&second))
    }
}
