//! The certificates that a connection was verified with, and how long they hold.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

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

    /// Waits until nobody vouches for the chain any more. That is asked whenever a certificate in it has
    /// ended, which may be one that nobody needs, and when the authorities were exchanged.
    pub async fn lost(mut self) {
        loop {
            tokio::select! {
                () = sleep(self.until_one_ends()) => {}
                () = self.exchanged() => {}
            }
            let terms = Arc::clone(&self.terms.borrow_and_update());
            if !terms.vouch_for(&self.chain, UnixTime::now()) {
                return;
            }
        }
    }

    fn until_one_ends(&self) -> Duration {
        self.chain.iter().filter_map(left).min().unwrap_or(Duration::MAX)
    }

    async fn exchanged(&mut self) {
        if self.terms.changed().await.is_err() {
            // Nobody exchanges anything any more.
            pending().await
        }
    }
}

/// How long a certificate has left, unless it has ended. One that can't be read has no end but its
/// connection's.
fn left(certificate: &CertificateDer<'_>) -> Option<Duration> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    // Its last second is one of those in which it holds.
    let a_second_ago = ASN1Time::now().to_datetime() - Duration::from_secs(1);
    (certificate.validity().not_after.to_datetime() - a_second_ago).try_into().ok()
}
