//! Room for callbacks: how much of them is held at once, and for how long.
//!
//! Before a signature is checked its whole body has to be there, so strangers can make us hold bodies.
//! What they can make us hold is bounded; a provider that finds no room is told to come again.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header::CONTENT_LENGTH},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::{sync::Semaphore, time::timeout};

use crate::insight::metrics;

/// Room in KiB: two thousand of the usual callbacks, or 32 of the longest.
const KIB: usize = 128 * 1024;

/// What a callback takes at least, and where it doesn't tell its length.
const LEAST_KIB: u64 = 64;
const MOST_KIB: u64 = 4 * 1024;

/// The longest that a callback may take, from its first line on. Providers wait for 15 seconds.
const LONGEST: Duration = Duration::from_secs(10);

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
    let Ok(_room) = room.try_acquire_many(kib(&request)) else {
        metrics::webhook("any", "no_room", 1);
        return (StatusCode::SERVICE_UNAVAILABLE, "try again later").into_response();
    };
    match timeout(LONGEST, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => {
            metrics::webhook("any", "too_slow", 1);
            (StatusCode::SERVICE_UNAVAILABLE, "it took too long").into_response()
        }
    }
}

fn kib(request: &Request) -> u32 {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    let bytes = length.and_then(|it| it.parse::<u64>().ok());
    let kib = bytes.map_or(MOST_KIB, |bytes| bytes.div_ceil(1024));
    kib.clamp(LEAST_KIB, MOST_KIB) as u32
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::post};
    use tower::ServiceExt;

    use super::*;

    fn request(length: Option<&str>) -> Request {
        let request = Request::post("/");
        let request = match length {
            Some(length) => request.header(CONTENT_LENGTH, length),
            None => request,
        };
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_callback_takes_what_it_says_it_is_long() {
        for (length, taken) in [
            (Some("0"), LEAST_KIB),
            (Some("1048577"), 1025),
            (Some("99999999999"), MOST_KIB),
            (Some("much"), MOST_KIB),
            (None, MOST_KIB),
        ] {
            assert_eq!(u64::from(kib(&request(length))), taken, "{length:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_comes_again_and_who_is_slow_makes_room() {
        let room = room();
        let hang = post(std::future::pending::<()>);
        let router = Router::new().route("/", hang);
        let router = router.layer(from_fn_with_state(Arc::clone(&room), bounded));
        let slow = (0..33).map(|_| router.clone().oneshot(request(None)));
        let answers = slow.collect::<tokio::task::JoinSet<_>>();
        let start = tokio::time::Instant::now();
        let statuses = answers.join_all().await.into_iter().map(|it| it.unwrap().status());
        assert!(statuses.into_iter().all(|it| it == StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(start.elapsed(), LONGEST, "one was told at once, the others in the end");
        assert_eq!(room.available_permits(), KIB);
    }
}
