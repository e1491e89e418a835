//! The gRPC listener: the service, health, reflection, and bounds on what a connection may do.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::util::MapResponseLayer;

use super::{
    Callers,
    call::MAX_CALL,
    errors,
    otp_service::Otp,
    proto::{self, otp_service_server::OtpServiceServer},
};
use crate::service::Service;

/// Longest message taken: every field at its longest fits many times.
const MAX_MESSAGE: usize = 64 * 1024;

/// Calls at once on one connection.
const STREAMS: u32 = 1024;

/// The names under which health is asked for: the service's, and none.
const NAMES: [&str; 2] = ["pombo.otp.v1.OtpService", ""];

/// How long to wait when a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// How often readiness is looked at.
const READINESS: Duration = Duration::from_secs(1);

/// Serves until told to stop, then finishes the calls under way.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    callers: Callers,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let (health, health_service) = tonic_health::server::health_reporter();
    // Known by name from the first question on; fit to serve once the store has answered.
    tell(&health, ServingStatus::NotServing).await;
    let watch = follow_the_store(health, Arc::clone(&service), stop.clone());
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let otp = OtpServiceServer::new(Otp::new(service, callers, stop.clone()))
        .max_decoding_message_size(MAX_MESSAGE);
    let serving = Server::builder()
        .timeout(MAX_CALL)
        .max_concurrent_streams(STREAMS)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .layer(MapResponseLayer::new(errors::undecodable))
        .add_service(health_service)
        // Many clients still ask by the older name.
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .add_service(otp)
        .serve_with_incoming_shutdown(incoming(listener), stop.cancelled_owned());
    let watch = tokio::spawn(watch);
    let served = serving.await;
    watch.abort();
    Ok(served?)
}

/// Connections, as they come. When none can be accepted (no descriptor is left, say), trying again
/// at once would only burn a core.
fn incoming(listener: TcpListener) -> impl Stream<Item = io::Result<TcpStream>> {
    TcpListenerStream::new(listener).then(|accepted| async {
        match &accepted {
            Ok(connection) => connection.set_nodelay(true)?,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
        accepted
    })
}

/// The service is healthy while its store answers, and until it is told to stop. Then nobody is kept
/// watching its health, since streams hold up the stop.
async fn follow_the_store(
    mut health: HealthReporter,
    service: Arc<Service>,
    stop: CancellationToken,
) {
    loop {
        let status = match service.ping().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        tell(&health, status).await;
        tokio::select! {
            () = sleep(READINESS) => {}
            () = stop.cancelled() => break,
        }
    }
    tell(&health, ServingStatus::NotServing).await;
    for name in NAMES {
        // Fails for a name that nobody was told, and then there is nothing to clear.
        let _ = health.clear_service_status(name).await;
    }
}

/// Of the service, and of the whole process, which goes by no name.
async fn tell(health: &HealthReporter, status: ServingStatus) {
    for name in NAMES {
        health.set_service_status(name, status).await;
    }
}
