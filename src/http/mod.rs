//! The two HTTP listeners: callbacks of providers on the public one; metrics, health and the first
//! page on the admin one.

pub mod webhooks;

pub mod admin;

use std::io;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until told to stop, then finishes the requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}
