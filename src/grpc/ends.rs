//! When a connection of a caller ends, whatever its owner wants: nobody holds a place for ever, nor by a
//! certificate that holds no more.

use std::{
    future::pending,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::{sleep, timeout},
};

use super::{peer::Peer, trust::Trust};
use crate::{doors::Limits, insight::metrics};

/// How long a connection may be kept. Its owner is told to make another, by which replicas that are new
/// get their share.
pub const LIFE: Duration = Duration::from_secs(3600);

/// How long it may then go on: longer than any challenge lives, so that nobody who watches one is cut off.
const GRACE: Duration = Duration::from_secs(660);

/// How long it may take until a caller calls on it. Questions about health are none of a caller's.
const STRANGER: Duration = Duration::from_secs(30);

/// How long it may take over its first words.
const FIRST_WORDS: Duration = Duration::from_secs(5);

/// The first words of HTTP/2, in bytes: `PRI * HTTP/2.0` and what follows it.
const PREFACE: usize = 24;

/// What a connection ends by, and the place that it takes up until then.
pub struct Ends {
    peer: Peer,
    /// Bytes of the first words that are still to come, and who is told once none are.
    missing: usize,
    greeted: Arc<Notify>,
    /// None once it has come.
    end: Option<Pin<Box<dyn Future<Output = &'static str> + Send>>>,
    _place: OwnedSemaphorePermit,
}

impl Ends {
    /// For a connection that begins now.
    pub fn new(peer: Peer, trust: Option<Trust>, place: OwnedSemaphorePermit) -> Self {
        let greeted = Arc::new(Notify::new());
        let end = Some(Box::pin(end(Arc::clone(&greeted), peer.clone(), trust)) as _);
        Self { peer, missing: PREFACE, greeted, end, _place: place }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Limits for Ends {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().map(|end| end.as_mut().poll(context)) {
            Some(Poll::Pending) => return Ok(()),
            Some(Poll::Ready(why)) => metrics::connection_ended(why),
            None => {}
        }
        self.end = None;
        Err(io::Error::new(io::ErrorKind::TimedOut, "it was kept for long enough"))
    }

    fn heard(&mut self, bytes: usize) {
        self.missing = self.missing.saturating_sub(bytes);
        if self.missing == 0 {
            self.greeted.notify_one();
        }
    }
}

/// Waits for the end; a word for why it has come.
async fn end(greeted: Arc<Notify>, peer: Peer, trust: Option<Trust>) -> &'static str {
    let distrusted = async {
        match trust {
            Some(trust) => trust.lost().await,
            None => pending().await,
        }
    };
    tokio::select! {
        () = without(greeted.notified(), FIRST_WORDS) => "silent",
        () = without(peer.known(), STRANGER) => "stranger",
        () = distrusted => "certificate",
        () = sleep(LIFE + GRACE) => "age",
    }
}

/// Waits for so long, and for ever if this happens before.
async fn without(event: impl Future<Output = ()>, limit: Duration) {
    if timeout(limit, event).await.is_ok() {
        pending().await
    }
}

#[cfg(test)]
mod tests {
    use hyper_util::rt::TokioIo;
    use tokio::{
        io::{AsyncWriteExt, DuplexStream, duplex},
        sync::Semaphore,
        time::Instant,
    };
    use tonic::{Streaming, transport::Endpoint};
    use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_client::HealthClient};

    use super::*;
    use crate::grpc::{lines::Line, server::bounds};

    /// A connection with this peer, which nothing but its limits ends.
    fn line(peer: Peer) -> (Line, DuplexStream, Arc<Semaphore>) {
        let (near, far) = duplex(1024);
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().unwrap();
        (Line::new(Box::new(near), Ends::new(peer, None, place)), far, places)
    }

    /// Watches health until that is cut off; how long that took. Then the place is free.
    async fn watch(peer: Peer) -> Duration {
        let (line, far, places) = line(peer);
        let (_health, service) = tonic_health::server::health_reporter();
        let lines = tokio_stream::once(Ok::<_, io::Error>(line));
        tokio::spawn(bounds().add_service(service).serve_with_incoming(lines));
        let mut far = Some(TokioIo::new(far));
        let connector = tower::service_fn(move |_| {
            let far = far.take().ok_or(io::ErrorKind::ConnectionRefused);
            async { far.map_err(io::Error::from) }
        });
        let endpoint = Endpoint::from_static("http://test");
        let channel = endpoint.connect_with_connector(connector).await.unwrap();
        let mut client = HealthClient::new(channel);
        let start = Instant::now();
        let request = HealthCheckRequest { service: String::new() };
        let mut told: Streaming<HealthCheckResponse> =
            client.watch(request).await.unwrap().into_inner();
        assert!(told.message().await.unwrap().is_some());
        assert!(told.message().await.is_err());
        let _place = places.acquire().await.unwrap();
        start.elapsed()
    }

    fn is_soon_after(limit: Duration, took: Duration) -> bool {
        (limit..limit + Duration::from_secs(1)).contains(&took)
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_watches_health_for_half_a_minute() {
        let took = watch(Peer::default()).await;
        assert!(is_soon_after(STRANGER, took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_kept_for_an_hour_and_no_stream_keeps_its_connection_longer() {
        let peer = Peer::default();
        peer.mark_known();
        let took = watch(peer).await;
        assert!(is_soon_after(LIFE + GRACE, took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn nor_does_one_that_reads_nothing() {
        let (mut line, _far, _places) = line(Peer::default());
        let start = Instant::now();
        let failed = line.write_all(&[0; 4096]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        assert!(is_soon_after(FIRST_WORDS, start.elapsed()));
        assert!(line.shutdown().await.is_err(), "it is over for good");
    }
}
