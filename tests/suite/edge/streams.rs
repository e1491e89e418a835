//! Streams that stay open: so many, and calls beside them get through.

use std::time::Duration;

use pombo::grpc::proto::{WatchChallengeRequest, otp_service_client::OtpServiceClient};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{NUMBER, reason, world};
use crate::support::{pombo::login, world::number};

/// Challenges that are watched at once on one connection.
const WATCHES: usize = 96;

/// Questions about the contract that are open at once, over all connections and on one.
const REFLECTIONS: usize = 64;
const BY_ONE: usize = 8;

/// When there is room again: sooner than a stranger's connection ends by itself.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_connection_on_which_many_challenges_are_watched_takes_calls() {
    let pombo = world(&[]).await.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let mut client = OtpServiceClient::new(pombo.connection().await);
    let request = WatchChallengeRequest { challenge_id };
    let mut watched = Vec::new();
    for _ in 0..WATCHES {
        watched.push(client.watch_challenge(request.clone()).await.unwrap().into_inner());
    }
    let refused = client.watch_challenge(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "OVERLOADED");
    client.issue_code(login(&number(1, "00"))).await.unwrap();
    let mut another = pombo.client().await;
    another.watch_challenge(request.clone()).await.unwrap();
    watched.pop();
    let free_again = async { while client.watch_challenge(request.clone()).await.is_err() {} };
    timeout(SOON, free_again).await.expect("there is room again");
}

#[tokio::test]
async fn questions_about_the_contract_are_few_at_once_and_hold_up_no_probe() {
    let pombo = world(&[]).await.serve().await;
    let ask = async |line| {
        let question = ServerReflectionRequest {
            message_request: Some(MessageRequest::ListServices(String::new())),
            ..Default::default()
        };
        // It goes on as if there were more to ask, until it is dropped.
        let (more, questions) = mpsc::channel(1);
        more.send(question).await.unwrap();
        let mut client = ServerReflectionClient::new(line);
        let answers = client.server_reflection_info(ReceiverStream::new(questions)).await;
        answers.map(|answers| (answers, more))
    };
    let mut open = Vec::new();
    for _ in 0..REFLECTIONS / BY_ONE {
        let line = pombo.connection().await;
        for _ in 0..BY_ONE {
            open.push(ask(line.clone()).await.unwrap());
        }
        assert_eq!(reason(&ask(line).await.unwrap_err()), "OVERLOADED");
    }
    let line = pombo.connection().await;
    assert_eq!(reason(&ask(line.clone()).await.unwrap_err()), "OVERLOADED");
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(line.clone()).check(request).await.unwrap();
    open.pop();
    let free_again = async { while ask(line.clone()).await.is_err() {} };
    timeout(SOON, free_again).await.expect("there is room again");
}
