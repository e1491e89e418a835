//! Connections of callers, plain or by TLS, from their acceptance to their first words.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Sleep, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::{san::Peer, tls::Acceptors};
use crate::{
    doors::{Door, Guest},
    insight::metrics,
};

/// The longest that a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// How long a connection may then take over its first words.
const FIRST_WORDS: Duration = Duration::from_secs(5);

/// The first words of HTTP/2, in bytes: `PRI * HTTP/2.0` and what follows it.
const PREFACE: usize = 24;

/// Connections that are ready and not taken yet.
const READY: usize = 16;

/// A connection to a caller.
pub struct Line {
    wire: Box<dyn Wire>,
    peer: Peer,
    /// Bytes of the first words that have come, and how long the rest may take.
    first_words: Option<(usize, Pin<Box<Sleep>>)>,
    _place: OwnedSemaphorePermit,
}

/// What bytes go over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connections as they are ready, until the stream is dropped; then the listener is closed.
pub fn lines(door: Door, tls: Option<Acceptors>) -> ReceiverStream<io::Result<Line>> {
    let (sender, lines) = mpsc::channel(READY);
    tokio::spawn(async move {
        loop {
            let guest = tokio::select! {
                guest = door.next() => guest,
                () = sender.closed() => return,
            };
            // A task of its own, so that whoever is slow to agree on TLS holds up nobody.
            let (tls, sender) = (tls.clone(), sender.clone());
            tokio::spawn(async move {
                if let Some(line) = greet(guest, tls).await {
                    let _ = sender.send(Ok(line)).await;
                }
            });
        }
    });
    ReceiverStream::new(lines)
}

/// Agrees on TLS, where that is spoken.
async fn greet(guest: Guest, tls: Option<Acceptors>) -> Option<Line> {
    let Guest { stream, place } = guest;
    let Some(tls) = tls else {
        return Some(Line::new(Box::new(stream), Peer::default(), place));
    };
    let failed = match timeout(HANDSHAKE, tls.now().accept(stream)).await {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates();
            let peer = shown.and_then(<[_]>::first).map(Peer::with).unwrap_or_default();
            return Some(Line::new(Box::new(stream), peer, place));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    metrics::tls_failed();
    tracing::info!(error = failed, "a connection came to no TLS");
    None
}

impl Line {
    fn new(wire: Box<dyn Wire>, peer: Peer, place: OwnedSemaphorePermit) -> Self {
        let first_words = Some((0, Box::pin(sleep(FIRST_WORDS))));
        Self { wire, peer, first_words, _place: place }
    }

    /// Fails once the first words take too long: HTTP itself waits for them for ever.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let limit = self.first_words.as_mut().map(|(_, limit)| limit.as_mut());
        match limit.map(|limit| limit.poll(context)) {
            Some(Poll::Ready(())) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "it said nothing"))
            }
            _ => Ok(()),
        }
    }

    fn heard(&mut self, bytes: usize) {
        let before = self.first_words.take();
        let missing = before.map(|(heard, limit)| (heard + bytes, limit));
        self.first_words = missing.filter(|(heard, _)| *heard < PREFACE);
    }
}

impl Connected for Line {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        line.check(context)?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut line.wire).poll_read(context, buffer))?;
        line.heard(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(context)
    }
}
