//! The service as the outside meets it: bad input, callers, limits, what it lets out.

mod words;

mod bad_input;

mod forms;

mod nonsense;

mod overload;

pub mod callers;

mod reach;

mod limits;

mod waits;

mod ledger;

pub mod leaks;

mod privacy;

mod transactions;

mod retries;

mod people;

mod test_numbers;

mod webhooks;

mod forgeries;

#[cfg(feature = "aws")]
mod sns;

#[cfg(feature = "aws")]
mod sns_versions;

mod command_line;

mod in_clear;

mod caller_keys;

mod tls_bench;

mod certificates;

mod reloads;

mod slowness;

mod floods;

mod bodies;

mod streams;

mod admin;

mod traces;

mod deadlines;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
    time::Duration,
};

use pombo::grpc::proto::{IssueCodeRequest, Transaction};
use sha2::{Digest, Sha256};
use tonic::{Code, Request, Status, Streaming, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_types::StatusExt;

use crate::support::{pombo::Pombo, world::World};

/// Somebody whom WhatsApp reaches.
const NUMBER: &str = "+5511987654300";

/// A challenge that nobody ever issued, well formed.
pub const NOBODYS: &str = "ch_0000000000000000000000000000000000000000000000000000";

/// Providers for a service that keeps everything in memory.
async fn world(more: &[(&str, &str)]) -> World {
    World::new("memory:", Default::default(), more).await
}

/// The refusal of a demand for a code.
async fn refused(pombo: &Pombo, request: IssueCodeRequest) -> Status {
    pombo.try_issue(request.clone()).await.expect_err(&format!("{request:?}"))
}

/// The fields that a refusal complains about, in order.
fn bad_fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violations = details.bad_request().expect("details of the bad fields");
    let mut fields: Vec<_> = violations.field_violations.iter().map(|v| v.field.clone()).collect();
    fields.sort();
    fields
}

/// The reason of a refusal, by our own name for it.
fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no reason in {status:?}"));
    assert_eq!(info.domain, "pombo");
    info.reason.clone()
}

/// How long a limit asks to wait.
fn wait(status: &Status) -> Duration {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let details = status.get_error_details();
    let retry = details.retry_info().and_then(|info| info.retry_delay);
    retry.unwrap_or_else(|| panic!("no wait in {status:?}"))
}

/// Waits exactly as long as a limit asks to.
async fn wait_out(status: &Status) {
    tokio::time::sleep(wait(status)).await;
}

/// Waits for all of these, which run at once.
pub async fn join_all<T>(calls: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut calls: Vec<_> = calls.into_iter().map(Box::pin).map(|call| (call, None)).collect();
    std::future::poll_fn(|context| {
        for (call, done) in calls.iter_mut().filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(answer) = call.as_mut().poll(context) {
                *done = Some(answer);
            }
        }
        if calls.iter().all(|(_, done)| done.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    calls.into_iter().filter_map(|(_, done)| done).collect()
}

/// A configuration file, gone with its test.
struct ConfigFile(PathBuf);

impl ConfigFile {
    fn new(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (process, n) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("pombo-edge-{process}-{n}.toml"));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for ConfigFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A message from the caller with this key.
pub fn keyed<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {key}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

/// What is told of the service's health for as long as the connection lasts; the first word of it is in.
async fn watch(line: Channel) -> Streaming<HealthCheckResponse> {
    let request = HealthCheckRequest { service: String::new() };
    let mut told = HealthClient::new(line).watch(request).await.unwrap().into_inner();
    while told.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    told
}

/// As `[[callers]]` wants a key.
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn payment(amount: &str) -> Transaction {
    Transaction {
        amount: amount.to_owned(),
        currency: "BRL".to_owned(),
        payee: "ACME Ltda".to_owned(),
        reference: "order 7".to_owned(),
    }
}
