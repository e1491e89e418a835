//! Connections of callers, plain or by TLS, as they are accepted.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::{callers::Callers, ends::Ends, peer::Peer, tls::Acceptors, trust::Trust};
use crate::{
    doors::{Door, Guest, Timed},
    insight::{metrics, strangers},
};

/// The longest that a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Connections that are ready and not taken yet.
const READY: usize = 16;

/// A connection to a caller.
pub type Line = Timed<Box<dyn Wire>, Ends>;

/// What bytes go over.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connections as they are ready, until the stream is dropped; then the listener is closed.
pub fn lines(
    door: Door,
    tls: Option<Acceptors>,
    callers: Callers,
) -> ReceiverStream<io::Result<Line>> {
    let (sender, lines) = mpsc::channel(READY);
    tokio::spawn(async move {
        loop {
            let guest = tokio::select! {
                guest = door.next() => guest,
                () = sender.closed() => return,
            };
            // A task of its own, so that whoever is slow to agree on TLS holds up nobody.
            let (tls, callers, sender) = (tls.clone(), callers.clone(), sender.clone());
            tokio::spawn(async move {
                if let Some(line) = greet(guest, tls, &callers).await {
                    let _ = sender.send(Ok(line)).await;
                }
            });
        }
    });
    ReceiverStream::new(lines)
}

/// Agrees on TLS, where that is spoken. Who shows a caller's certificate is known by it.
async fn greet(guest: Guest, tls: Option<Acceptors>, callers: &Callers) -> Option<Line> {
    let Guest { stream, place } = guest;
    let Some(tls) = tls else {
        return Some(Line::new(Box::new(stream), Ends::new(Peer::default(), None, place)));
    };
    let failed = match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok((stream, trust))) => {
            let peer = trust.as_ref().map(Trust::peer).unwrap_or_default();
            if callers.with_certificate(&peer).is_some() {
                peer.mark_known();
            }
            return Some(Line::new(Box::new(stream), Ends::new(peer, trust, place)));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    metrics::tls_failed();
    if let Some(count) = strangers::count("tls") {
        tracing::info!(
            error = failed,
            count,
            "connections came to no TLS since the last such line"
        );
    }
    None
}

impl Connected for Line {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.limits().peer().clone()
    }
}
