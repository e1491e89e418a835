//! The certificate that a connection was verified with, and how long that holds.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{peer::Peer, tls_files::Terms};

/// What a connection rests on.
pub struct Trust {
    /// The peer's certificate, and what it showed beside it.
    chain: Vec<CertificateDer<'static>>,
    /// From those on by which it was verified.
    terms: watch::Receiver<Arc<Terms>>,
}

impl Trust {
    /// In a chain that was verified by the terms that the receiver saw last.
    pub fn new(chain: Vec<CertificateDer<'static>>, terms: watch::Receiver<Arc<Terms>>) -> Self {
        Self { chain, terms }
    }

    /// Whom the certificate names.
    pub fn peer(&self) -> Peer {
        self.chain.first().map(Peer::with).unwrap_or_default()
    }

    /// Waits until the certificate has ended, or the authorities were exchanged and none vouches for it.
    pub async fn lost(mut self) {
        let ends = sleep(self.chain.first().map_or(Duration::ZERO, left));
        tokio::select! {
            () = ends => {}
            () = self.disowned() => {}
        }
    }

    async fn disowned(&mut self) {
        while self.terms.changed().await.is_ok() {
            let terms = Arc::clone(&self.terms.borrow_and_update());
            if !terms.vouch_for(&self.chain, UnixTime::now()) {
                return;
            }
        }
        // Nobody exchanges anything any more.
        std::future::pending().await
    }
}

/// How long a certificate has left. One that names nobody we could read is bound by its connection's age.
fn left(certificate: &CertificateDer<'_>) -> Duration {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return Duration::MAX;
    };
    let left = certificate.validity().time_to_expiration();
    left.map_or(Duration::ZERO, |left| left.unsigned_abs())
}
