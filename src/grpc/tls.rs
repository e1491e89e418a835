//! TLS on the gRPC listener: made of files, and made anew when they change.

use std::{io, sync::Arc, time::Duration};

use tokio::{net::TcpStream, sync::watch, task::spawn_blocking, time::sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

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
        let current = files.terms(&contents).map_err(anyhow::Error::msg)?;
        Ok(Self { files, judged: Ok(contents), current: watch::Sender::new(Arc::new(current)) })
    }

    /// What connections are accepted by.
    pub fn acceptors(&self) -> Acceptors {
        Acceptors(self.current.subscribe())
    }

    /// Looks at the files for ever. What they hold is judged once it stays: certificate and key are
    /// mostly not written at the same moment.
    pub async fn follow(mut self) {
        let mut before = self.judged.clone();
        loop {
            sleep(LOOK).await;
            let files = self.files.clone();
            let Ok(found) = spawn_blocking(move || files.read()).await else { continue };
            if found == before && found != self.judged {
                self.judge(found.clone());
            }
            before = found;
        }
    }

    /// Takes what is good; what is not leaves everything as it was.
    fn judge(&mut self, found: Result<Contents, String>) {
        let contents = found.as_ref().map_err(String::clone);
        match contents.and_then(|contents| self.files.terms(contents)) {
            Ok(terms) => {
                self.current.send_replace(Arc::new(terms));
                metrics::tls_reloaded("taken");
                tracing::info!("the files of TLS have changed, and new connections go by them");
            }
            Err(error) => {
                metrics::tls_reloaded("refused");
                tracing::warn!(
                    error,
                    "the files of TLS have changed, and can't be used; the old stay"
                );
            }
        }
        self.judged = found;
    }
}
