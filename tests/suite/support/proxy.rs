//! A line between a service and its store, on which everything may happen that happens on lines.
//!
//! Nothing that was sent is lost from the middle of a connection, as TCP has it: it is held until the line
//! is good again, or the connection is cut.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::pombo::PATIENCE;

/// The state of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Good,
    /// Each piece takes so long, each way.
    Slow(Duration),
    /// Every connection ends, and none begins.
    Cut,
    /// Connections are accepted, and nothing passes on them.
    Mute,
    /// What is asked does not get through.
    HoldsRequests,
    /// What is answered does not get through.
    HoldsAnswers,
    /// The same from the first request on that speaks of this; that request gets through.
    HoldsAnswersTo(&'static str),
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

/// A running proxy, and a hand on its line.
pub struct Proxy {
    address: SocketAddr,
    line: Arc<watch::Sender<Line>>,
    /// The connections that it carries.
    carried: TaskTracker,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Before a server at this address.
    pub async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, line) =
            (listener.local_addr().unwrap(), Arc::new(watch::Sender::new(Line::Good)));
        let carried = TaskTracker::new();
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&line), carried.clone()));
        Self { address, line, carried, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// From now on.
    pub fn is(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Cut, and every connection has ended.
    pub async fn cut(&self) {
        self.is(Line::Cut);
        self.carried.close();
        timeout(PATIENCE, self.carried.wait()).await.expect("every connection ends");
        self.carried.reopen();
    }

    /// Waits until the line is in this state.
    pub async fn becomes(&self, line: Line) {
        let mut states = self.line.subscribe();
        let become_so = timeout(PATIENCE, states.wait_for(|state| *state == line)).await;
        become_so.unwrap_or_else(|_| panic!("the line never was {line:?}")).unwrap();
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    line: Arc<watch::Sender<Line>>,
    carried: TaskTracker,
) {
    while let Ok((client, _)) = listener.accept().await {
        if *line.borrow() == Line::Cut {
            continue;
        }
        carried.spawn(carry(client, server.clone(), Arc::clone(&line)));
    }
}

/// Carries both ways until either side ends, or the line is cut.
async fn carry(client: TcpStream, server: String, line: Arc<watch::Sender<Line>>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let mut cut = line.subscribe();
    tokio::select! {
        () = pass(Way::There, from_client, to_server, &line) => {}
        () = pass(Way::Back, from_server, to_client, &line) => {}
        _ = cut.wait_for(|line| *line == Line::Cut) => {}
    }
}

async fn pass(
    way: Way,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    line: &watch::Sender<Line>,
) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let piece = &piece[..read];
        if way == Way::There {
            listen(piece, line);
        }
        let mut state = line.subscribe();
        match state.wait_for(|line| !line.holds(way)).await.map(|line| *line) {
            Ok(Line::Slow(time)) => sleep(time).await,
            // What was held is lost with the connection.
            Ok(Line::Cut) | Err(_) => return,
            Ok(_) => {}
        }
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}

/// Takes the word that the line waits for.
fn listen(piece: &[u8], line: &watch::Sender<Line>) {
    line.send_if_modified(|line| match line {
        Line::HoldsAnswersTo(words) if speaks_of(piece, words) => {
            *line = Line::HoldsAnswers;
            true
        }
        _ => false,
    });
}

fn speaks_of(piece: &[u8], words: &str) -> bool {
    piece.windows(words.len()).any(|window| window == words.as_bytes())
}

impl Line {
    fn holds(self, way: Way) -> bool {
        match self {
            Self::Good | Self::Slow(_) | Self::Cut | Self::HoldsAnswersTo(_) => false,
            Self::Mute => true,
            Self::HoldsRequests => way == Way::There,
            Self::HoldsAnswers => way == Way::Back,
        }
    }
}
