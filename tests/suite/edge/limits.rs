//! Limits: each by its name, with a wait that is true.

use std::time::Duration;

use pombo::grpc::proto::{self, IssueCodeRequest};
use tonic::{Code, Status};

use super::{NUMBER, join_all, keyed, reason, sha256_hex, wait, wait_out, world};
use crate::support::{
    pombo::{Pombo, login},
    redis_server::RedisServer,
    world::World,
};

/// Resend waits that stand in nobody's way.
pub const NO_WAITS: (&str, &str) = ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]");

/// Short windows make guessing likely, which is not what these tests are about.
pub const ANY_ODDS: (&str, &str) = ("CODE__ACCEPT_ODDS", "true");

fn number(n: usize) -> String {
    format!("+55119876{n:03}00")
}

pub fn subject(recipient: &str, subject: &str) -> IssueCodeRequest {
    IssueCodeRequest { subject_id: subject.to_owned(), ..login(recipient) }
}

fn from(recipient: &str, client_ip: &str) -> IssueCodeRequest {
    IssueCodeRequest { client_ip: client_ip.to_owned(), ..login(recipient) }
}

/// The refusal of a call that this limit stops.
pub async fn stopped(pombo: &Pombo, request: IssueCodeRequest, limit: &str) -> Status {
    let status = pombo.try_issue(request).await.expect_err(limit);
    assert_eq!((status.code(), &*reason(&status)), (Code::ResourceExhausted, limit), "{status:?}");
    assert!(wait(&status) > Duration::ZERO);
    status
}

#[tokio::test]
async fn a_recipient_gets_no_more_messages_than_its_limit_and_the_wait_is_true() {
    let pombo =
        world(&[NO_WAITS, ANY_ODDS, ("LIMITS__RECIPIENT", "[\"2/3s\"]")]).await.serve().await;
    for who in ["a", "b"] {
        pombo.try_issue(subject(NUMBER, who)).await.unwrap();
    }
    for _ in 0..3 {
        stopped(&pombo, subject(NUMBER, "c"), "RECIPIENT_LIMIT").await;
    }
    // Another recipient has a limit of its own; the refused calls cost nothing.
    pombo.issue(&number(1)).await;
    wait_out(&stopped(&pombo, subject(NUMBER, "c"), "RECIPIENT_LIMIT").await).await;
    pombo.try_issue(subject(NUMBER, "c")).await.unwrap();
    assert!(pombo.metrics().await["pombo_limited_total{limit=\"recipient\"}"] >= 4.0);
}

#[tokio::test]
async fn a_subject_is_limited_over_its_numbers() {
    let pombo = world(&[("LIMITS__SUBJECT", "[\"1/3s\"]")]).await.serve().await;
    pombo.try_issue(subject(&number(1), "thief")).await.unwrap();
    pombo.try_issue(subject(&number(2), "other")).await.unwrap();
    for n in 3..6 {
        pombo.issue(&number(n)).await;
    }
    wait_out(&stopped(&pombo, subject(&number(6), "thief"), "SUBJECT_LIMIT").await).await;
    pombo.try_issue(subject(&number(6), "thief")).await.unwrap();
}

#[tokio::test]
async fn an_address_is_limited_and_the_unknown_are_not_pooled() {
    let pombo = world(&[("LIMITS__CLIENT_IP", "[\"2/6s\"]")]).await.serve().await;
    for (n, ip) in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "192.0.2.1", "::ffff:192.0.2.1"]
        .iter()
        .enumerate()
    {
        pombo.try_issue(from(&number(n), ip)).await.unwrap();
    }
    for ip in ["2001:db8:1:2:3::3", "192.0.2.1"] {
        stopped(&pombo, from(&number(10), ip), "CLIENT_IP_LIMIT").await;
    }
    let unknown = ["", "0.0.0.0", "::", "::ffff:0.0.0.0", "64:ff9b::"].repeat(3);
    for (n, ip) in ["2001:db8:1:3::1", "192.0.2.2"].iter().chain(&unknown).enumerate() {
        pombo.try_issue(from(&number(20 + n), ip)).await.unwrap();
    }
    let status = stopped(&pombo, from(&number(40), "2001:db8:1:2::9"), "CLIENT_IP_LIMIT").await;
    wait_out(&status).await;
    pombo.try_issue(from(&number(40), "2001:db8:1:2::9")).await.unwrap();
}

#[tokio::test]
async fn a_caller_is_limited_and_its_neighbour_is_not() {
    let (bank, shop) = (sha256_hex("bank"), sha256_hex("shop"));
    let callers = [
        ("CALLERS__0__NAME", "bank"),
        ("CALLERS__0__API_KEY_SHA256", &bank),
        ("CALLERS__1__NAME", "shop"),
        ("CALLERS__1__API_KEY_SHA256", &shop),
        ("LIMITS__CALLER", "[\"2/4s\"]"),
    ];
    let pombo = world(&callers).await.serve().await;
    let mut client = pombo.client().await;
    for n in 0..2 {
        client.issue_code(keyed("bank", login(&number(n)))).await.unwrap();
    }
    let status = client.issue_code(keyed("bank", login(&number(2)))).await.unwrap_err();
    assert_eq!(reason(&status), "CALLER_LIMIT");
    client.issue_code(keyed("shop", login(&number(2)))).await.unwrap();
    wait_out(&status).await;
    client.issue_code(keyed("bank", login(&number(2)))).await.unwrap();
}

#[tokio::test]
async fn a_call_that_sends_nothing_is_not_charged() {
    let limits = [("LIMITS__SUBJECT", "[\"3/1h\"]"), ("LIMITS__CLIENT_IP", "[\"2/1h\"]")];
    let pombo = world(&limits).await.serve().await;
    let call = |n: usize, client_ip: &str| IssueCodeRequest {
        client_ip: client_ip.to_owned(),
        ..subject(&number(n), "s")
    };
    let challenge_id = pombo.try_issue(call(0, "192.0.2.1")).await.unwrap().challenge_id;
    for _ in 0..5 {
        assert!(!pombo.try_issue(call(0, "192.0.2.1")).await.unwrap().message_sent);
    }
    let cancel = proto::CancelChallengeRequest { challenge_id };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();
    for _ in 0..5 {
        stopped(&pombo, call(0, "192.0.2.1"), "RESEND_WAIT").await;
    }
    pombo.try_issue(call(1, "192.0.2.1")).await.unwrap();
    for _ in 0..5 {
        stopped(&pombo, call(2, "192.0.2.1"), "CLIENT_IP_LIMIT").await;
    }
    pombo.try_issue(call(2, "")).await.unwrap();
    stopped(&pombo, call(3, ""), "SUBJECT_LIMIT").await;
}

#[tokio::test]
async fn limits_are_exact_over_two_processes() {
    let redis = RedisServer::start();
    let world =
        World::new(&redis.url(), Default::default(), &[("LIMITS__CLIENT_IP", "[\"7/1h\"]")]).await;
    let (one, other) = (world.serve().await, world.serve_another().await);
    let calls = (0..24).map(|n| {
        let pombo = [&one, &other][n % 2];
        let same_phone = pombo.try_issue(subject(NUMBER, &n.to_string()));
        let same_address = pombo.try_issue(from(&number(n), "192.0.2.1"));
        async { tokio::join!(same_phone, same_address) }
    });
    let (mut to_owner, mut from_address) = (0, 0);
    for (phone, address) in join_all(calls).await {
        match phone {
            Ok(_) => to_owner += 1,
            Err(status) => assert_eq!(reason(&status), "RECIPIENT_LIMIT", "{status:?}"),
        }
        match address {
            Ok(_) => from_address += 1,
            Err(status) => assert_eq!(reason(&status), "CLIENT_IP_LIMIT", "{status:?}"),
        }
    }
    assert_eq!((to_owner, from_address), (5, 7));
    assert_eq!(world.simulator.inbox().wait_for(NUMBER, 5).await.len(), 5);
}
