//! Who is at the other end of a connection, and what its connection may ask for without being a caller.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::san::San;

/// Questions at once on one connection that are answered to anybody: about health, and the contract. A
/// client watches one name or two.
const QUESTIONS: usize = 8;

/// Challenges that are watched at once on one connection: fewer than the calls that it takes.
const WATCHES: usize = 96;

/// Whoever is at the other end. Clones are the same one.
#[derive(Clone)]
pub struct Peer {
    /// The names in its certificate, none without one.
    names: Arc<[San]>,
    called: Arc<Notify>,
    questions: Arc<Semaphore>,
    watches: Arc<Semaphore>,
}

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
        self.names.contains(san)
    }

    /// It has shown itself to be a caller, or to speak for one.
    pub fn mark_known(&self) {
        self.called.notify_one();
    }

    /// Waits until it has.
    pub async fn known(&self) {
        self.called.notified().await;
    }

    /// A place for a question, if it has one left.
    pub fn question(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.questions).try_acquire_owned().ok()
    }

    /// A place for a challenge that is watched, if it has one left.
    pub fn watch(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.watches).try_acquire_owned().ok()
    }
}

impl Default for Peer {
    fn default() -> Self {
        [].into_iter().collect()
    }
}

impl FromIterator<San> for Peer {
    fn from_iter<I: IntoIterator<Item = San>>(names: I) -> Self {
        Self {
            names: names.into_iter().collect(),
            called: Arc::default(),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            watches: Arc::new(Semaphore::new(WATCHES)),
        }
    }
}
