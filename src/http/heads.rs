//! How long the head of a request may take to come. A connection that sends a byte now and then is never
//! idle, and would hold its place for as long as it likes.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// The longest from a head's first byte to its last; the first head's time begins with its connection.
const HEAD: Duration = Duration::from_secs(10);

/// Whose turn it is on a connection: its owner's, whose head is awaited, or ours, who answer it.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<AtomicUsize>);

impl Turns {
    /// A head has come, or its request was answered.
    pub(super) fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection whose heads are timed.
pub(super) struct Heads {
    stream: TcpStream,
    turns: Turns,
    /// The turn that was last seen.
    turn: usize,
    /// Runs while a head is coming.
    limit: Option<Pin<Box<Sleep>>>,
}

impl Heads {
    /// Times the heads of a connection, given that it is told of turns.
    pub(super) fn time(stream: TcpStream) -> (Self, Turns) {
        let turns = Turns::default();
        let limit = Some(Box::pin(sleep(HEAD)));
        (Self { stream, turns: turns.clone(), turn: 0, limit }, turns)
    }

    /// Fails once a head takes too long.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let turn = self.turns.count();
        if turn != self.turn {
            (self.turn, self.limit) = (turn, None);
        }
        let limit = self.limit.as_mut().map(|limit| limit.as_mut());
        match limit.map(|limit| limit.poll(context)) {
            Some(Poll::Ready(())) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "a request's head took too long"))
            }
            _ => Ok(()),
        }
    }

    /// Bytes came: of a head, unless a request is being answered.
    fn heard(&mut self) {
        let is_head = self.turn.is_multiple_of(2);
        if is_head && self.limit.is_none() {
            self.limit = Some(Box::pin(sleep(HEAD)));
        }
    }
}

impl AsyncRead for Heads {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let heads = self.get_mut();
        heads.check(context)?;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut heads.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            heads.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Heads {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
