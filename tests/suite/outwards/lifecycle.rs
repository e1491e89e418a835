//! Everything that happens to a challenge arrives, in order, in a form that anybody can read.

use pombo::grpc::proto::{self, FlowOutcome};

use super::{
    envelope, is_verified_flow, miss,
    receiver::{Came, Receiver, kinds},
    verified, world,
};
use crate::{
    edge::leaks::Secrets,
    support::{
        pombo::{Pombo, login},
        redis_server::RedisServer,
        world::{World, number},
    },
};

/// A flow of every kind; the challenges.
async fn flows(world: &World, pombo: &Pombo) -> Vec<String> {
    let completed = verified(world, pombo, &number(1, "00")).await;
    let report = proto::ReportOutcomeRequest {
        challenge_id: completed.clone(),
        outcome: FlowOutcome::Completed.into(),
        ..Default::default()
    };
    pombo.client().await.report_outcome(report).await.unwrap();

    let fallen_back = pombo.issue(&number(2, "03")).await.challenge_id;
    let sms = world.message(&number(2, "03"), pombo::simulator::Channel::Sms, 1).await;
    pombo.verify(&fallen_back, &sms.code).await;

    let not_requested = pombo.issue(&number(3, "09")).await.challenge_id;
    let locked = pombo.issue(&number(4, "00")).await.challenge_id;
    miss(world, pombo, &locked, &number(4, "00"), 5).await;

    let cancelled = pombo.issue(&number(5, "00")).await.challenge_id;
    let cancel = proto::CancelChallengeRequest { challenge_id: cancelled.clone() };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();

    let undeliverable = pombo.issue(&number(6, "08")).await.challenge_id;
    let first = pay(pombo, "10.00").await;
    let second = pay(pombo, "20.00").await;
    let expired = pombo.try_issue(proto::IssueCodeRequest {
        purpose: proto::Purpose::Recovery.into(),
        ..login(&number(7, "00"))
    });
    let expired = expired.await.unwrap().challenge_id;
    let cancel = proto::CancelChallengeRequest { challenge_id: second.clone() };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();
    let ended = [not_requested, locked, cancelled, undeliverable, first, second, expired];
    [vec![completed, fallen_back], ended.to_vec()].concat()
}

/// A payment's challenge; one for another amount takes its place.
async fn pay(pombo: &Pombo, amount: &str) -> String {
    let transaction = proto::Transaction {
        amount: amount.to_owned(),
        currency: "BRL".to_owned(),
        payee: "ACME Ltda".to_owned(),
        reference: "order 7".to_owned(),
    };
    let request = proto::IssueCodeRequest {
        purpose: proto::Purpose::Transaction.into(),
        transaction: Some(transaction),
        ..login(&number(8, "00"))
    };
    pombo.try_issue(request).await.unwrap().challenge_id
}

/// What receivers are told of events.
const PAGE: &str = include_str!("../../../docs/EVENTS.md");

/// Every name that an event of a flow can have, but for those of rare accidents: `timed_out` comes
/// with a fallback, `taken_over` with a crash.
const NAMES: [&str; 19] = [
    "challenge.cancelled",
    "challenge.exhausted",
    "challenge.expired",
    "challenge.fell_back",
    "challenge.guess_counted",
    "challenge.issued",
    "challenge.locked",
    "challenge.not_requested",
    "challenge.superseded",
    "challenge.undeliverable",
    "challenge.verified",
    "delivery.accepted",
    "delivery.delivered",
    "delivery.failed",
    "delivery.queued",
    "delivery.read",
    "delivery.sent",
    "delivery.timed_out",
    "flow.completed",
];

async fn everything_arrives(store_url: &str) {
    let receiver = Receiver::start().await;
    let more = [("LIMITS__FAILURES_IN_A_ROW", "5"), ("PURPOSE__RECOVERY__TTL", "2s")];
    let world = world(store_url, &receiver, &more).await;
    let pombo = world.serve().await;
    let challenges = flows(&world, &pombo).await;
    receiver.concluded(&challenges).await;
    let is_report = |came: &Came| came.kind() == "flow.completed";
    let came = receiver.until("the report", |seen| seen.iter().any(is_report)).await;

    let source = pombo_source(&came[0]);
    came.iter().for_each(|came| envelope::is_valid(came, &source));
    envelope::signatures_hold(&came);
    let by_challenge = kinds(&came);
    let (last, first) = by_challenge[&challenges[0]].split_last().unwrap();
    is_verified_flow(first);
    assert_eq!(last, "flow.completed");
    // A receipt may still come after.
    let locked = &by_challenge[&challenges[3]];
    let at = |name: &str| locked.iter().position(|kind| kind == name);
    assert!(at("challenge.locked").is_some() && at("challenge.locked") < at("challenge.exhausted"));
    let seen: std::collections::BTreeSet<_> = came.iter().map(Came::kind).collect();
    let missing: Vec<_> = NAMES.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?} did not come");
    let unheard: Vec<_> = seen.iter().filter(|kind| !PAGE.contains(&format!("`{kind}`"))).collect();
    assert!(unheard.is_empty(), "{unheard:?} are not in docs/EVENTS.md");
    assert_eq!(receiver.tries().len(), came.len(), "nothing came twice");
    assert!(rises(&came), "the sequence of each partition rises");
    stays_inside(&world, &came);
}

/// The service's own address, the same in all events.
fn pombo_source(came: &Came) -> String {
    let source = came.text("source").to_owned();
    assert!(source.starts_with("http://127.0.0.1:"), "{source}");
    source
}

fn rises(came: &[Came]) -> bool {
    let mut last = std::collections::HashMap::new();
    came.iter().all(|came| {
        let (partition, sequence) = (came.text("partitionkey"), came.text("sequence"));
        last.insert(partition, sequence).is_none_or(|before| before < sequence)
    })
}

/// No code and no number is in any event, its headers included.
fn stays_inside(world: &World, came: &[Came]) {
    let sent = world.simulator.inbox().messages(None);
    assert!(sent.len() >= 6);
    let secrets = Secrets::new(sent.iter().map(|it| (it.code.as_str(), it.to.as_str())));
    for came in came {
        let whole = [format!("{:?}", came.headers).as_bytes(), &came.body].concat();
        assert_eq!(secrets.found_in(&whole), []);
    }
}

#[tokio::test]
async fn everything_that_happens_arrives_as_signed_cloud_events() {
    everything_arrives("memory:").await;
}

#[tokio::test]
async fn it_does_so_from_redis_too() {
    let redis = RedisServer::start();
    everything_arrives(&redis.url()).await;
}

#[tokio::test]
async fn what_happened_before_a_stop_is_told_before_the_end() {
    let receiver = Receiver::start().await;
    let world = world("memory:", &receiver, &[]).await;
    let mut pombo = world.serve().await;
    let id = verified(&world, &pombo, &number(1, "00")).await;
    pombo.terminate().await;
    assert_eq!(pombo.exit().await, 0);
    let came = receiver.until("what was told", |_| true).await;
    is_verified_flow(&kinds(&came)[&id]);
}
