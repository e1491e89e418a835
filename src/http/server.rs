//! HTTP/1.1 on a listener: bounds on how long a connection may take over anything, and a stop that lets
//! requests under way come to their end.

use std::{pin::pin, time::Duration};

use axum::Router;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::heads::Heads;
use crate::doors::{Door, Guest};

/// How long a connection may lie idle between two requests: longer than balancers keep one, who would
/// send a request into a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(75);

/// How long a connection may be kept: somebody who reads an answer slowly holds no place for ever.
const LIFE: Duration = Duration::from_secs(300);

/// How long the request under way may then take; callbacks are through within 13 seconds.
const GRACE: Duration = Duration::from_secs(15);

/// Longest head and most of a body that is held before somebody asks for it, in bytes.
const BUFFER: usize = 32 * 1024;

/// Serves until told to stop, then finishes the requests under way.
pub async fn serve(door: Door, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let guest = tokio::select! {
            guest = door.next() => guest,
            () = stop.cancelled() => break,
        };
        connections.spawn(converse(guest, router.clone(), stop.clone()));
    }
    drop(door);
    connections.close();
    connections.wait().await;
}

/// One connection, from its first word to its last.
async fn converse(guest: Guest, router: Router, stop: CancellationToken) {
    let Guest { stream, place: _place } = guest;
    let (stream, turns) = Heads::time(stream);
    let answer = service_fn(|request: http::Request<Incoming>| {
        let (router, turns) = (router.clone(), turns.clone());
        async move {
            turns.next();
            let answer = router.oneshot(request).await;
            turns.next();
            answer
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE).max_buf_size(BUFFER);
    let connection = http.serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // Why it ended is its owner's business.
        _ = &mut connection => return,
        () = stop.cancelled() => {}
        () = sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}
