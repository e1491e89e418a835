//! What is decided about a call before a byte of its body is read: who makes it, and whether there is room
//! for it. Nobody has to be known to ask about health or the contract; so such questions are few at once.

use std::{
    convert::Infallible,
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Status, body::Body, metadata::MetadataMap};
use tower::Service;

use super::{
    callers::{Callers, Known},
    errors,
    peer::Peer,
    people::Language,
    proto::otp_service_server::SERVICE_NAME,
};
use crate::{
    insight::metrics,
    service::{Seat, Seats},
};

/// Calls over all, and of one caller, that are being read or worked on. A few more than the service works
/// on, who answers better, as it has read what is asked.
const CALLS: usize = 4096;
const CALLS_PER_CALLER: usize = 1024;

/// Questions about the contract, over all: each answer is long, and who asks need not read it.
const REFLECTIONS: usize = 64;

/// Stands before all services.
#[derive(Clone)]
pub struct Gate<S> {
    inner: S,
    callers: Callers,
    calls: Arc<Seats<String>>,
    reflections: Arc<Semaphore>,
}

/// What a call takes up.
struct Room {
    /// Until it is answered.
    seat: Option<Seat<String>>,
    /// Until the last of its answer is gone.
    places: Vec<OwnedSemaphorePermit>,
}

/// A gate before some services, for these callers. All that are made share the room.
pub fn gate<S>(callers: Callers) -> impl Fn(S) -> Gate<S> + Clone {
    let calls = Arc::new(Seats::new(CALLS, CALLS_PER_CALLER));
    let reflections = Arc::new(Semaphore::new(REFLECTIONS));
    move |inner| Gate {
        inner,
        callers: callers.clone(),
        calls: Arc::clone(&calls),
        reflections: Arc::clone(&reflections),
    }
}

impl<S> Gate<S> {
    fn admit(&self, request: &mut Request<Body>) -> Result<Room, Status> {
        let peer = request.extensions().get::<Peer>().cloned().unwrap_or_default();
        let Some(rpc) = rpc(request.uri().path()) else {
            return self.admit_question(request.uri().path(), &peer);
        };
        let caller = self.callers.identify(request.headers(), &peer).inspect_err(|_| {
            metrics::unauthenticated();
            tracing::debug!("call refused: no caller has its key or its certificate");
        })?;
        peer.mark_known();
        let name = caller.as_ref().map(|caller| caller.name.clone()).unwrap_or_default();
        let Some(room) = self.room_for(rpc, name, &peer) else {
            let metadata = MetadataMap::from_headers(request.headers().clone());
            return Err(Language::of(&metadata).told(rpc, errors::overloaded()));
        };
        request.extensions_mut().insert::<Known>(caller);
        Ok(room)
    }

    fn admit_question(&self, path: &str, peer: &Peer) -> Result<Room, Status> {
        let mut places = vec![peer.question().ok_or_else(errors::overloaded)?];
        if path.starts_with(REFLECTION) {
            let place = Arc::clone(&self.reflections).try_acquire_owned();
            places.push(place.map_err(|_| errors::overloaded())?);
        }
        Ok(Room { seat: None, places })
    }

    /// Streams hold a place of their connection as well, so that calls beside them get through.
    fn room_for(&self, rpc: &str, caller: String, peer: &Peer) -> Option<Room> {
        let seat = Some(self.calls.take(caller)?);
        let places = match rpc {
            "WatchChallenge" => vec![peer.watch()?],
            _ => Vec::new(),
        };
        Some(Room { seat, places })
    }
}

/// How the paths of questions about the contract begin.
const REFLECTION: &str = "/grpc.reflection.";

/// The name of a call that only callers may make.
fn rpc(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.strip_prefix(SERVICE_NAME)?.strip_prefix('/')
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let room = match self.admit(&mut request) {
            Ok(room) => room,
            Err(status) => return Box::pin(ready(Ok(status.into_http()))),
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            drop(room.seat);
            Ok(match room.places {
                places if places.is_empty() => answer,
                places => answer.map(|body| Body::new(Held { body, _places: places })),
            })
        })
    }
}

/// The body of an answer that takes up places.
struct Held {
    body: Body,
    _places: Vec<OwnedSemaphorePermit>,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
