//! Who may call, for what, and what it gets to see.

use std::collections::BTreeSet;

use pombo::grpc::proto::{self, IssueCodeRequest, Purpose, VerifyOutcome};
use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::{keyed, reason, sha256_hex, world};
use crate::support::{
    pombo::{guess, login, run},
    world::World,
};

const NUMBER: &str = "+5511987654300";

/// A bank that may ask for everything, and a shop that may ask for signups only.
async fn two_callers(more: &[(&str, &str)]) -> World {
    let (bank, shop) = (sha256_hex("bank key"), sha256_hex("shop key"));
    let callers = [
        ("CALLERS__0__NAME", "bank"),
        ("CALLERS__0__API_KEY_SHA256", &bank),
        ("CALLERS__1__NAME", "shop"),
        ("CALLERS__1__API_KEY_SHA256", &shop),
        ("CALLERS__1__PURPOSES", "[\"signup\"]"),
    ];
    world(&[&callers, more].concat()).await
}

fn signup() -> IssueCodeRequest {
    IssueCodeRequest {
        purpose: Purpose::Signup.into(),
        ..login(NUMBER)
    }
}

#[tokio::test]
async fn every_call_needs_a_known_key() {
    let pombo = two_callers(&[]).await.serve().await;
    let mut client = pombo.client().await;
    let id = "ch_0000000000000000000000000000000000000000000000000000";
    let status = client.issue_code(login(NUMBER)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    for key in [
        "",
        "bank",
        "bank key 2",
        "BANK KEY",
        &sha256_hex("bank key"),
    ] {
        let codes = [
            client
                .issue_code(keyed(key, login(NUMBER)))
                .await
                .unwrap_err()
                .code(),
            client
                .verify_code(keyed(key, guess(id, "123456")))
                .await
                .unwrap_err()
                .code(),
            client
                .resend_code(keyed(key, proto::ResendCodeRequest::default()))
                .await
                .unwrap_err()
                .code(),
            client
                .cancel_challenge(keyed(key, proto::CancelChallengeRequest::default()))
                .await
                .unwrap_err()
                .code(),
            client
                .get_challenge(keyed(key, proto::GetChallengeRequest::default()))
                .await
                .unwrap_err()
                .code(),
            client
                .watch_challenge(keyed(key, proto::WatchChallengeRequest::default()))
                .await
                .unwrap_err()
                .code(),
            client
                .report_outcome(keyed(key, proto::ReportOutcomeRequest::default()))
                .await
                .unwrap_err()
                .code(),
        ];
        assert_eq!(codes, [Code::Unauthenticated; 7], "{key}");
    }
    assert!(
        client
            .issue_code(keyed("bank key", login(NUMBER)))
            .await
            .is_ok()
    );
    let log = pombo.stderr.all().join("\n");
    assert!(!log.contains("bank key"), "a key is in the log");
}

#[tokio::test]
async fn a_caller_asks_only_for_its_purposes() {
    let pombo = two_callers(&[]).await.serve().await;
    let mut client = pombo.client().await;
    for purpose in [
        Purpose::Login,
        Purpose::Recovery,
        Purpose::PhoneChange,
        Purpose::DeviceRegistration,
    ] {
        let request = IssueCodeRequest {
            purpose: purpose.into(),
            ..login(NUMBER)
        };
        let status = client
            .issue_code(keyed("shop key", request.clone()))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        assert_eq!(reason(&status), "PURPOSE_NOT_ALLOWED");
    }
    assert!(client.issue_code(keyed("shop key", signup())).await.is_ok());
}

#[tokio::test]
async fn a_caller_sees_its_own_challenges_only() {
    let world = two_callers(&[]).await;
    let pombo = world.serve().await;
    let mut client = pombo.client().await;
    let issued = client
        .issue_code(keyed("shop key", signup()))
        .await
        .unwrap()
        .into_inner();
    let code = world
        .simulator
        .inbox()
        .wait_for(NUMBER, 1)
        .await
        .remove(0)
        .code;
    let challenge_id = issued.challenge_id.clone();

    let (key, id) = ("bank key", || challenge_id.clone());
    let get = proto::GetChallengeRequest { challenge_id: id() };
    let watch = proto::WatchChallengeRequest { challenge_id: id() };
    let cancel = proto::CancelChallengeRequest { challenge_id: id() };
    let resend = proto::ResendCodeRequest {
        challenge_id: id(),
        ..Default::default()
    };
    let report = proto::ReportOutcomeRequest {
        challenge_id: id(),
        outcome: 1,
        occur_time: None,
    };
    let codes = [
        client
            .get_challenge(keyed(key, get.clone()))
            .await
            .unwrap_err()
            .code(),
        client
            .watch_challenge(keyed(key, watch))
            .await
            .unwrap_err()
            .code(),
        client
            .cancel_challenge(keyed(key, cancel))
            .await
            .unwrap_err()
            .code(),
        client
            .resend_code(keyed(key, resend))
            .await
            .unwrap_err()
            .code(),
        client
            .report_outcome(keyed(key, report))
            .await
            .unwrap_err()
            .code(),
    ];
    assert_eq!(codes, [Code::NotFound; 5]);
    let foreign = client
        .verify_code(keyed(key, guess(&id(), &code)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(foreign.outcome(), VerifyOutcome::UnknownChallenge);
    assert_eq!(
        (foreign.recipient.as_str(), foreign.attempts_remaining),
        ("", 0)
    );

    // Nothing of that touched it.
    let seen = client
        .get_challenge(keyed("shop key", get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        seen.challenge.unwrap().attempts_remaining,
        issued.attempts_remaining
    );
    let own = client
        .verify_code(keyed("shop key", guess(&id(), &code)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(own.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn a_country_that_is_not_allowed_is_named() {
    let pombo = world(&[("LIMITS__ALLOWED_COUNTRIES", "[\"BR\", \"PT\"]")])
        .await
        .serve()
        .await;
    for (number, country) in [
        ("+12025550123", "US"),
        ("+447400123456", "GB"),
        ("+88213300655", ""),
    ] {
        let Err(status) = pombo.try_issue(login(number)).await else {
            panic!("{country}")
        };
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
        let open = [
            &world.environment()[..],
            &[("POMBO_SERVER__GRPC_ADDR", address)],
        ]
        .concat();
        let ended = run(&["serve"], &open).await;
        assert_ne!(ended.code, 0);
        assert!(
            ended.stderr.contains("server.grpc_addr"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("callers"), "{}", ended.stderr);
        assert_eq!(ended.stderr.trim().lines().count(), 1, "{}", ended.stderr);
    }
}

#[tokio::test]
async fn health_and_reflection_need_no_key() {
    let pombo = two_callers(&[]).await.serve().await;
    let address = format!("http://{}", pombo.grpc);
    let channel = Channel::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap();
    for service in ["", "pombo.otp.v1.OtpService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let mut watch = HealthClient::new(channel.clone())
            .watch(request)
            .await
            .unwrap()
            .into_inner();
        let serving = |s: &i32| *s == i32::from(ServingStatus::Serving);
        while !watch
            .next()
            .await
            .map(|health| health.unwrap().status)
            .as_ref()
            .is_some_and(serving)
        {}
    }
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(list))
        .await;
    let answer = answers.unwrap().into_inner().next().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!()
    };
    let names: BTreeSet<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    assert!(names.contains("pombo.otp.v1.OtpService"), "{names:?}");
}
