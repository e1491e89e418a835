//! The gRPC listener: the service, health, reflection, and bounds on what a connection may do.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{
    Callers,
    otp_service::Otp,
    proto::{self, otp_service_server::OtpServiceServer},
};
use crate::service::Service;

/// Longest message taken: every field at its longest fits many times.
const MAX_MESSAGE: usize = 64 * 1024;

/// The longest a call may take, whatever deadline its caller set.
const MAX_CALL: Duration = Duration::from_secs(15);

/// Calls at once on one connection.
const STREAMS: u32 = 1024;

/// The name under which the service's health is asked for.
const NAME: &str = "pombo.otp.v1.OtpService";

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
    let watch = follow_the_store(health, Arc::clone(&service), stop.clone());
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let otp = OtpServiceServer::new(Otp::new(service, callers, stop.clone()))
        .max_decoding_message_size(MAX_MESSAGE);
    let serving = Server::builder()
        .timeout(MAX_CALL)
        .max_concurrent_streams(STREAMS)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .tcp_nodelay(true)
        .add_service(health_service)
        .add_service(reflection)
        .add_service(otp)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.cancelled_owned());
    let (served, ()) = tokio::join!(serving, watch);
    Ok(served?)
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
        health.set_service_status(NAME, status).await;
        health.set_service_status("", status).await;
        tokio::select! {
            () = tokio::time::sleep(READINESS) => {}
            () = stop.cancelled() => break,
        }
    }
    for name in [NAME, ""] {
        health
            .set_service_status(name, ServingStatus::NotServing)
            .await;
        let _ = health.clear_service_status(name).await;
    }
}
