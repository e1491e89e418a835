//! TLS on the gRPC listener: made of files, and made anew when they change.

use std::{io, sync::Arc, time::Duration};

use tokio::{net::TcpStream, sync::watch, task::spawn_blocking, time::sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_parser::prelude::ASN1Time;

use super::{
    tls_files::{Contents, Terms, TlsFiles},
    trust::Trust,
};
use crate::insight::metrics;

/// How often the files are looked at. Their contents are, not their times: an orchestrator swaps a link
/// to the folder that they lie in.
const LOOK: Duration = Duration::from_secs(1);

/// TLS as the files say.
pub struct Tls {
    files: TlsFiles,
    /// What the files held when they were last judged, or why they could not be read.
    judged: Result<Contents, String>,
    /// Whether that could not be used. It is judged again then: a certificate may begin by itself.
    refused: bool,
    current: watch::Sender<Arc<Terms>>,
}

/// Accepts connections by the present TLS.
#[derive(Clone)]
pub struct Acceptors(watch::Receiver<Arc<Terms>>);

impl Acceptors {
    /// Agrees on TLS, and tells what the connection rests on if the peer has shown a certificate.
    pub async fn accept(
        mut self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<Trust>)> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.0.borrow_and_update().config));
        let stream = acceptor.accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates();
        let trust = shown.map(|chain| Trust::new(chain.to_vec(), self.0));
        Ok((stream, trust))
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// One can't be read or used; the sentence names its key and path.
    pub fn load(files: TlsFiles) -> anyhow::Result<Self> {
        let contents = files.read().map_err(anyhow::Error::msg)?;
        let terms = files.terms(&contents).map_err(anyhow::Error::msg)?;
        metrics::tls_expiry(terms.ends.timestamp());
        let current = watch::Sender::new(Arc::new(terms));
        Ok(Self { files, judged: Ok(contents), refused: false, current })
    }

    /// When the certificate ends that connections are shown.
    pub fn ends(&self) -> ASN1Time {
        self.current.borrow().ends
    }

    /// Who else may read or change its key, and the remedy.
    pub fn exposure(&self) -> Option<&str> {
        self.judged.as_ref().ok()?.exposure.as_deref()
    }

    /// What connections are accepted by.
    pub fn acceptors(&self) -> Acceptors {
        Acceptors(self.current.subscribe())
    }

    /// Looks at the files for ever. What they hold is judged once it stays: certificate and key are
    /// mostly not written at the same moment.
    pub async fn follow(mut self) {
        self.tell_exposure();
        let mut before = self.judged.clone();
        loop {
            sleep(LOOK).await;
            let files = self.files.clone();
            let Ok(found) = spawn_blocking(move || files.read()).await else { continue };
            if found == before && (found != self.judged || self.refused) {
                self.judge(found.clone());
            }
            before = found;
        }
    }

    /// Takes what is good; what is not leaves everything as it was, and is told once.
    fn judge(&mut self, found: Result<Contents, String>) {
        let terms = found.as_ref().map_err(String::clone);
        let is_told = self.refused && found == self.judged;
        match terms.and_then(|contents| self.files.terms(contents)) {
            Ok(terms) => self.take(terms),
            Err(_) if is_told => {}
            Err(error) => {
                self.refused = true;
                metrics::tls_reloaded("refused");
                tracing::warn!(
                    error,
                    "the files of TLS have changed, and can't be used; the old stay"
                );
            }
        }
        self.judged = found;
        if !self.refused {
            self.tell_exposure();
        }
    }

    fn tell_exposure(&self) {
        if let Some(exposure) = self.exposure() {
            tracing::warn!("{exposure}");
        }
    }

    fn take(&mut self, terms: Terms) {
        metrics::tls_expiry(terms.ends.timestamp());
        self.current.send_replace(Arc::new(terms));
        self.refused = false;
        metrics::tls_reloaded("taken");
        tracing::info!("the files of TLS have changed, and new connections go by them");
    }
}
