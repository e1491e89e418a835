//! Streams that stay open: so many, and calls beside them get through.

use pombo::grpc::proto::{WatchChallengeRequest, otp_service_client::OtpServiceClient};
use tokio_stream::StreamExt;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use super::{NUMBER, reason, world};
use crate::support::{pombo::login, world::number};

/// Challenges that are watched at once on one connection.
const WATCHES: usize = 96;

/// Questions about the contract that are open at once, over all connections.
const REFLECTIONS: usize = 64;

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
    while client.watch_challenge(request.clone()).await.is_err() {}
}

#[tokio::test]
async fn questions_about_the_contract_are_few_at_once_and_hold_up_no_probe() {
    let pombo = world(&[]).await.serve().await;
    let ask = |line| async {
        let question = ServerReflectionRequest {
            message_request: Some(MessageRequest::ListServices(String::new())),
            ..Default::default()
        };
        // It is asked, and goes on as if there were more to ask.
        let questions = tokio_stream::once(question).chain(tokio_stream::pending());
        ServerReflectionClient::new(line).server_reflection_info(questions).await
    };
    let lines = [pombo.connection().await, pombo.connection().await];
    let mut open = Vec::new();
    for index in 0..REFLECTIONS {
        open.push(ask(lines[index % 2].clone()).await.unwrap());
    }
    let refused = ask(pombo.connection().await).await.unwrap_err();
    assert_eq!(reason(&refused), "OVERLOADED");
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(lines[0].clone()).check(request).await.unwrap();
    open.pop();
    while ask(pombo.connection().await).await.is_err() {}
}
