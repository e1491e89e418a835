//! TLS on the gRPC listener: made of files, and made anew when they change.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::tls_files::{Contents, TlsFiles};
use crate::insight::metrics;

/// How often the files are looked at. Their contents are, not their times: an orchestrator swaps a link
/// to the folder that they lie in.
const LOOK: Duration = Duration::from_secs(1);

/// TLS as the files say.
pub struct Tls {
    files: TlsFiles,
    /// What the files held when they were last judged, or why they could not be read.
    judged: Result<Contents, String>,
    current: watch::Sender<Arc<ServerConfig>>,
}

/// Hands out the present TLS.
#[derive(Clone)]
pub struct Acceptors(watch::Receiver<Arc<ServerConfig>>);

impl Acceptors {
    /// For a connection that begins now.
    pub fn now(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0.borrow()))
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
        let current = files.config(&contents).map_err(anyhow::Error::msg)?;
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
        let config = found.as_ref().map_err(String::clone);
        match config.and_then(|contents| self.files.config(contents)) {
            Ok(config) => {
                self.current.send_replace(Arc::new(config));
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
