//! What may be reached from where, and what needs no key.

use std::collections::BTreeSet;

use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::{callers::two_callers, reason, world};
use crate::support::pombo::{login, run};

#[tokio::test]
async fn a_country_that_is_not_allowed_is_named() {
    let pombo = world(&[("LIMITS__ALLOWED_COUNTRIES", "[\"BR\", \"PT\"]")]).await.serve().await;
    for (number, country) in [("+12025550123", "US"), ("+447400123456", "GB"), ("+88213300655", "")]
    {
        let Err(status) = pombo.try_issue(login(number)).await else { panic!("{country}") };
        if country.is_empty() && status.code() == Code::InvalidArgument {
            continue;
        }
        assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
        assert_eq!(reason(&status), "COUNTRY_NOT_ALLOWED");
        assert!(status.message().contains(country) && !status.message().contains(&number[1..]));
    }
    assert!(pombo.try_issue(login("+351912345678")).await.is_ok());
}

#[tokio::test]
async fn without_callers_only_this_machine_is_served() {
    let world = world(&[]).await;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051"] {
        let open = [&world.environment()[..], &[("POMBO_SERVER__GRPC_ADDR", address)]].concat();
        let ended = run(&["serve"], &open).await;
        assert_ne!(ended.code, 0);
        assert!(ended.stderr.contains("server.grpc_addr"), "{}", ended.stderr);
        assert!(ended.stderr.contains("callers"), "{}", ended.stderr);
        assert_eq!(ended.stderr.trim().lines().count(), 1, "{}", ended.stderr);
    }
}

#[tokio::test]
async fn health_and_reflection_need_no_key() {
    let pombo = two_callers(&[]).await.serve().await;
    let address = format!("http://{}", pombo.grpc);
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    for service in ["", "pombo.otp.v1.OtpService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut watch =
            HealthClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
        let serving = |s: &i32| *s == i32::from(ServingStatus::Serving);
        while !watch.next().await.map(|health| health.unwrap().status).as_ref().is_some_and(serving)
        {
        }
    }
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers =
        ServerReflectionClient::new(channel).server_reflection_info(tokio_stream::once(list)).await;
    let answer = answers.unwrap().into_inner().next().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!()
    };
    let names: BTreeSet<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.contains("pombo.otp.v1.OtpService"), "{names:?}");
}

#[tokio::test]
async fn reflection_answers_by_its_older_name_too() {
    use tonic_reflection::pb::v1alpha::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest,
    };
    let pombo = world(&[]).await.serve().await;
    let channel = pombo.connection().await;
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers =
        ServerReflectionClient::new(channel).server_reflection_info(tokio_stream::once(list)).await;
    assert!(answers.unwrap().into_inner().next().await.unwrap().is_ok());
}
