//! Names in a certificate (subject alternative names), by which a caller is known.

use std::sync::Arc;

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// A name in a certificate. A URI and a DNS name are never the same, whatever they spell.
#[derive(Clone, PartialEq, Eq)]
pub enum San {
    /// Compared letter by letter.
    Uri(String),
    /// In small letters.
    Dns(String),
}

impl San {
    /// As the configuration writes it: with a scheme it is a URI.
    pub fn of(text: &str) -> Self {
        if text.contains("://") {
            Self::Uri(text.to_owned())
        } else {
            Self::Dns(text.to_ascii_lowercase())
        }
    }

    fn read(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::URI(uri) => Some(Self::Uri((*uri).to_owned())),
            GeneralName::DNSName(name) => Some(Self::Dns(name.to_ascii_lowercase())),
            _ => None,
        }
    }
}

/// Who is at the other end of a connection: the names in its certificate, none without one.
#[derive(Clone, Default)]
pub struct Peer(Arc<[San]>);

impl Peer {
    /// By the certificate that the connection was verified with.
    pub fn with(certificate: &CertificateDer<'_>) -> Self {
        let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
            return Self::default();
        };
        match certificate.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(San::read).collect(),
            _ => Self::default(),
        }
    }

    /// Whether this is one of its names.
    pub fn has(&self, san: &San) -> bool {
        self.0.contains(san)
    }
}

impl FromIterator<San> for Peer {
    fn from_iter<I: IntoIterator<Item = San>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}
