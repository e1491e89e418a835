//! Room for callbacks: how much of them is held at once, and for how long.
//!
//! Before a signature is checked its whole body has to be there, so strangers can make us hold bodies.
//! What they can make us hold is bounded, and they have to send it: room is taken as bytes come in, and
//! a body that does not come soon is not waited for. A provider that finds no room comes again.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_stream::StreamExt;

use super::{Answer, LATER};
use crate::insight::metrics;

/// Room in KiB: eight thousand of the usual callbacks, or 32 of the longest.
const KIB: usize = 128 * 1024;

/// What a callback takes from the first, in KiB: what is around its body.
const LEAST_KIB: u32 = 16;

/// No provider's body is longer, in bytes; each route has its own bound below it.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The longest that a body may take to come. Providers send it with the head.
const READING: Duration = Duration::from_secs(3);

/// The longest that a callback may take after that. Providers wait for 15 seconds.
const TAKING: Duration = Duration::from_secs(10);

/// The room of one listener.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(KIB))
}

/// Takes a callback in if there is room for it.
pub(super) async fn bounded(
    State(room): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let (body, _room) = match timeout(READING, read(body, &room)).await {
        Ok(Ok(read)) => read,
        Ok(Err(refusal)) => return refusal.into_response(),
        Err(_) => return later("too_slow").into_response(),
    };
    let request = Request::from_parts(parts, Body::from(body));
    let answer = timeout(TAKING, next.run(request)).await;
    answer.unwrap_or_else(|_| later("too_slow").into_response())
}

/// The whole body, and the room that it takes.
async fn read(body: Body, room: &Arc<Semaphore>) -> Result<(Bytes, OwnedSemaphorePermit), Answer> {
    let take = |kib| Arc::clone(room).try_acquire_many_owned(kib).map_err(|_| later("no_room"));
    let (mut held, mut bytes) = (take(LEAST_KIB)?, BytesMut::new());
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| later("broken_off"))?;
        let length = bytes.len() + chunk.len();
        if length > MOST_BYTES {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "no provider's callback is that long"));
        }
        let kib = LEAST_KIB + length.div_ceil(1024) as u32;
        held.merge(take(kib - held.num_permits() as u32)?);
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes.freeze(), held))
}

fn later(result: &'static str) -> Answer {
    metrics::webhook("any", result, 1);
    LATER
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn_with_state, routing::post};
    use tokio::{task::JoinSet, time::Instant};
    use tower::ServiceExt;

    use super::*;

    fn router(room: &Arc<Semaphore>) -> Router {
        let echo = post(|body: Bytes| async move { body.len().to_string() });
        Router::new().route("/", echo).layer(from_fn_with_state(Arc::clone(room), bounded))
    }

    async fn status(router: Router, body: Body) -> StatusCode {
        let request = Request::post("/").body(body).unwrap();
        router.oneshot(request).await.unwrap().status()
    }

    /// A body of so many bytes that never ends.
    fn unfinished(bytes: usize) -> Body {
        let chunk = tokio_stream::once(Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes])));
        Body::from_stream(chunk.chain(tokio_stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_takes_room_as_it_comes_and_is_not_waited_for_long() {
        let room = room();
        let router = router(&room);
        let slow = (0..100).map(|_| status(router.clone(), unfinished(1024)));
        let slow: JoinSet<_> = slow.collect();
        tokio::task::yield_now().await;
        let start = Instant::now();
        let answers = slow.join_all();
        assert_eq!(status(router.clone(), Body::from("{}")).await, StatusCode::OK);
        assert!(answers.await.iter().all(|it| *it == StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(start.elapsed(), READING);
        assert_eq!(room.available_permits(), KIB);
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_is_told_at_once() {
        let room = room();
        let router = router(&room);
        let long: JoinSet<_> =
            (0..40).map(|_| status(router.clone(), unfinished(MOST_BYTES - 1))).collect();
        let start = Instant::now();
        let mut answers = Vec::new();
        let mut long = long;
        while let Some(answer) = long.join_next().await {
            answers.push((answer.unwrap(), start.elapsed()));
        }
        let at_once = answers.iter().filter(|(_, after)| after.is_zero()).count();
        assert_eq!((answers.len(), at_once), (40, 9), "31 have room");
        assert_eq!(status(router, Body::from(vec![0; MOST_BYTES + 1])).await, 413);
        assert_eq!(room.available_permits(), KIB);
    }
}
