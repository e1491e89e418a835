//! The gRPC listener: the service, health, reflection, and bounds on what a connection may do.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tonic::transport::Server;
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::{layer::layer_fn, util::MapResponseLayer};

use super::{
    Callers,
    call::MAX_CALL,
    ends::LIFE,
    errors,
    gate::gate,
    lines::lines,
    otp_service::Otp,
    proto::{self, otp_service_server::OtpServiceServer},
    tls::Tls,
};
use crate::{doors::Door, service::Service};

/// Longest message taken: every field at its longest fits many times. And of who asks about health or the
/// contract, which are names.
const MAX_MESSAGE: usize = 64 * 1024;
const MAX_QUESTION: usize = 4 * 1024;

/// Longest metadata taken, in bytes: what gRPC calls usual.
const MAX_METADATA: u32 = 8 * 1024;

/// Calls at once on one connection; a client keeps what is more for later.
const STREAMS: u32 = 128;

/// What one call, and one connection, may send ahead of anybody who reads it, in bytes. The second also
/// says how many small messages may wait, since HTTP/2 takes each for a quarter of a KiB at least: those of
/// all calls.
const CALL_WINDOW: u32 = MAX_MESSAGE as u32;
const CONNECTION_WINDOW: u32 = STREAMS * 1024;

/// Calls that a caller may have taken back before we have so much as looked at them, and those that we
/// took back for a fault of its own. Past that it is a flood, and its connection is closed.
const TAKEN_BACK: usize = 128;
const FAULTS: usize = 1024;

/// A connection is asked whether it is still there, and closed when it does not tell.
const STILL_THERE: Duration = Duration::from_secs(30);
const TELLS: Duration = Duration::from_secs(10);

/// The names under which health is asked for: the service's, and none.
const NAMES: [&str; 2] = ["pombo.otp.v1.OtpService", ""];

/// How often readiness is looked at.
const READINESS: Duration = Duration::from_secs(1);

/// Serves until told to stop, then finishes the calls under way.
pub async fn serve(
    door: Door,
    tls: Option<Tls>,
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
    let otp = OtpServiceServer::new(Otp::new(service, stop.clone()))
        .max_decoding_message_size(MAX_MESSAGE);
    let acceptors = tls.as_ref().map(Tls::acceptors);
    let _following = tls.map(|tls| AbortOnDropHandle::new(tokio::spawn(tls.follow())));
    let serving = bounds()
        .layer(MapResponseLayer::new(errors::undecodable))
        .layer(layer_fn(gate(callers.clone())))
        .add_service(health_service.max_decoding_message_size(MAX_QUESTION))
        // Many clients still ask by the older name.
        .add_service(reflection().build_v1()?.max_decoding_message_size(MAX_QUESTION))
        .add_service(reflection().build_v1alpha()?.max_decoding_message_size(MAX_QUESTION))
        .add_service(otp)
        .serve_with_incoming_shutdown(lines(door, acceptors, callers), stop.cancelled_owned());
    let watch = tokio::spawn(watch);
    let served = serving.await;
    watch.abort();
    Ok(served?)
}

/// What a connection may do, whichever services it is for.
pub(super) fn bounds() -> Server {
    Server::builder()
        .timeout(MAX_CALL)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(CALL_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_max_header_list_size(MAX_METADATA)
        .http2_max_pending_accept_reset_streams(Some(TAKEN_BACK))
        .http2_max_local_error_reset_streams(Some(FAULTS))
        .http2_keepalive_interval(Some(STILL_THERE))
        .http2_keepalive_timeout(Some(TELLS))
        .max_connection_age(LIFE)
}

/// The service is healthy while its store answers, and until it is told to stop. Then nobody is kept
/// watching its health, since streams hold up the stop.
async fn follow_the_store(
    mut health: HealthReporter,
    service: Arc<Service>,
    stop: CancellationToken,
) {
    let mut told = ServingStatus::NotServing;
    loop {
        let status = match service.ping().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        // Who watches is told what changes, and nothing else.
        if status != told {
            tell(&health, status).await;
            told = status;
        }
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
