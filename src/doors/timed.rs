//! A stream that fails once whoever is at its other end has taken too long over something. HTTP waits for
//! much of what it is owed for ever.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long the other end may take.
pub trait Limits: Unpin {
    /// Fails once a limit has passed; until then whoever polls is woken when one does.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()>;

    /// So many bytes came, at least one.
    fn heard(&mut self, bytes: usize);
}

/// A stream with limits. They hold whichever way is waited for: HTTP/2 does not read while it can't write.
pub struct Timed<S, L> {
    stream: S,
    limits: L,
}

impl<S: Unpin, L: Limits> Timed<S, L> {
    /// Sets limits to a stream.
    pub fn new(stream: S, limits: L) -> Self {
        Self { stream, limits }
    }

    /// Its limits.
    pub fn limits(&self) -> &L {
        &self.limits
    }

    /// The stream, while its time lasts.
    fn in_time(self: Pin<&mut Self>, context: &mut Context<'_>) -> io::Result<Pin<&mut S>> {
        let timed = self.get_mut();
        timed.limits.check(context)?;
        Ok(Pin::new(&mut timed.stream))
    }
}

impl<S: AsyncRead + Unpin, L: Limits> AsyncRead for Timed<S, L> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.as_mut().in_time(context)?.poll_read(context, buffer))?;
        let heard = buffer.filled().len() - before;
        if heard > 0 {
            self.get_mut().limits.heard(heard);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, L: Limits> AsyncWrite for Timed<S, L> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(context)?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(context)?.poll_shutdown(context)
    }
}
