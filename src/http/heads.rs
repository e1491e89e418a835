//! How long the head of a request may take to come. A connection that sends a byte now and then is never
//! idle, and would hold its place for as long as it likes.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Sleep, sleep},
};

use crate::doors::{Limits, Timed};

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

/// The time that the heads of a connection take.
pub(super) struct Heads {
    turns: Turns,
    /// The turn that was last seen.
    turn: usize,
    /// Runs while a head is coming.
    limit: Option<Pin<Box<Sleep>>>,
}

impl Heads {
    /// Times the heads of a connection, given that it is told of turns.
    pub(super) fn time(stream: TcpStream) -> (Timed<TcpStream, Self>, Turns) {
        let turns = Turns::default();
        let limit = Some(Box::pin(sleep(HEAD)));
        let heads = Self { turns: turns.clone(), turn: 0, limit };
        (Timed::new(stream, heads), turns)
    }
}

impl Limits for Heads {
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

    /// The bytes are a head's, unless a request is being answered.
    fn heard(&mut self, _: usize) {
        let is_head = self.turn.is_multiple_of(2);
        if is_head && self.limit.is_none() {
            self.limit = Some(Box::pin(sleep(HEAD)));
        }
    }
}
