//! Who may call, for what, and what it gets to see.

use pombo::grpc::proto::{self, IssueCodeRequest, Purpose, VerifyOutcome};
use tonic::Code;

use super::{NOBODYS, NUMBER, keyed, reason, sha256_hex, world};
use crate::support::{
    pombo::{guess, login},
    world::World,
};

/// A bank that may ask for everything, and a shop that may ask for signups only.
pub async fn two_callers(more: &[(&str, &str)]) -> World {
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
    IssueCodeRequest { purpose: Purpose::Signup.into(), ..login(NUMBER) }
}

#[tokio::test]
async fn every_call_needs_a_known_key() {
    let pombo = two_callers(&[]).await.serve().await;
    let mut client = pombo.client().await;
    let id = NOBODYS;
    let status = client.issue_code(login(NUMBER)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    for key in ["", "bank", "bank key 2", "BANK KEY", &sha256_hex("bank key")] {
        let codes = [
            client.issue_code(keyed(key, login(NUMBER))).await.unwrap_err().code(),
            client.verify_code(keyed(key, guess(id, "123456"))).await.unwrap_err().code(),
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
    assert!(client.issue_code(keyed("bank key", login(NUMBER))).await.is_ok());
    let log = pombo.stderr.all().join("\n");
    assert!(!log.contains("bank key"), "a key is in the log");
}

#[tokio::test]
async fn a_caller_asks_only_for_its_purposes() {
    let pombo = two_callers(&[]).await.serve().await;
    let mut client = pombo.client().await;
    for purpose in
        [Purpose::Login, Purpose::Recovery, Purpose::PhoneChange, Purpose::DeviceRegistration]
    {
        let request = IssueCodeRequest { purpose: purpose.into(), ..login(NUMBER) };
        let status = client.issue_code(keyed("shop key", request.clone())).await.unwrap_err();
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
    let issued = client.issue_code(keyed("shop key", signup())).await.unwrap().into_inner();
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    let challenge_id = issued.challenge_id.clone();

    let (key, id) = ("bank key", || challenge_id.clone());
    let get = proto::GetChallengeRequest { challenge_id: id() };
    let watch = proto::WatchChallengeRequest { challenge_id: id() };
    let cancel = proto::CancelChallengeRequest { challenge_id: id() };
    let resend = proto::ResendCodeRequest { challenge_id: id(), ..Default::default() };
    let report = proto::ReportOutcomeRequest { challenge_id: id(), outcome: 1, occur_time: None };
    let codes = [
        client.get_challenge(keyed(key, get.clone())).await.unwrap_err().code(),
        client.watch_challenge(keyed(key, watch)).await.unwrap_err().code(),
        client.cancel_challenge(keyed(key, cancel)).await.unwrap_err().code(),
        client.resend_code(keyed(key, resend)).await.unwrap_err().code(),
        client.report_outcome(keyed(key, report)).await.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::NotFound; 5]);
    let foreign = client.verify_code(keyed(key, guess(&id(), &code))).await.unwrap().into_inner();
    assert_eq!(foreign.outcome(), VerifyOutcome::UnknownChallenge);
    assert_eq!((foreign.recipient.as_str(), foreign.attempts_remaining), ("", 0));

    // Nothing of that touched it.
    let seen = client.get_challenge(keyed("shop key", get)).await.unwrap().into_inner();
    assert_eq!(seen.challenge.unwrap().attempts_remaining, issued.attempts_remaining);
    let own =
        client.verify_code(keyed("shop key", guess(&id(), &code))).await.unwrap().into_inner();
    assert_eq!(own.outcome(), VerifyOutcome::Verified);
}
