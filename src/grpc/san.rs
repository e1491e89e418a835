//! Names in a certificate (subject alternative names), by which a caller is known.

use x509_parser::prelude::GeneralName;

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

    /// Of a kind by which callers are known.
    pub fn read(name: &GeneralName<'_>) -> Option<Self> {
        match name {
            GeneralName::URI(uri) => Some(Self::Uri((*uri).to_owned())),
            GeneralName::DNSName(name) => Some(Self::Dns(name.to_ascii_lowercase())),
            _ => None,
        }
    }
}
