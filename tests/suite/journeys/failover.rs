//! A server of the store is lost, and another takes its place.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{VerifyCodeRequest, VerifyOutcome},
    simulator::Channel::{Sms, WhatsApp},
};
use tonic::{Code, Status};

use crate::support::{
    pombo::{Pombo, guess},
    redis_cluster::RedisCluster,
    sentinel_group::SentinelGroup,
    world::{SOON, World, brisk, number},
};

/// How soon after a failover all is well again.
const RECOVERY: Duration = Duration::from_secs(2);

/// A challenge whose message has arrived: its id and the code.
async fn challenge(world: &World, pombo: &Pombo, number: &str) -> (String, String) {
    let challenge = pombo.issue(number).await.challenge_id;
    (challenge, world.message(number, WhatsApp, 1).await.code)
}

fn named(challenge: &str, code: &str) -> VerifyCodeRequest {
    VerifyCodeRequest { idempotency_key: "one".to_owned(), ..guess(challenge, code) }
}

fn is_unavailable<T>(told: &Result<T, Status>) -> bool {
    told.as_ref().is_err_and(|status| status.code() == Code::Unavailable)
}

#[tokio::test]
async fn a_challenge_outlives_the_master_that_it_began_with() {
    let mut group = SentinelGroup::start(1, 3).await;
    let world = World::new(&group.url(), brisk(), &[]).await;
    let pombo = world.serve().await;
    let (first, second) = (number(1, "00"), number(2, "00"));
    let (challenge, code) = challenge(&world, &pombo, &first).await;
    pombo
        .until(&challenge, |it| it.deliveries[0].status() >= super::DeliveryStatus::Delivered)
        .await;
    group.servers[0].kill();
    assert!(is_unavailable(&pombo.try_verify(named(&challenge, &code)).await));
    group.fails_over().await;
    let start = Instant::now();
    let verified = loop {
        match pombo.try_verify(named(&challenge, &code)).await {
            Ok(verified) => break verified,
            told => assert!(is_unavailable(&told), "{told:?}"),
        }
    };
    assert!(start.elapsed() < RECOVERY, "{:?}", start.elapsed());
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    let (challenge, code) = self::challenge(&world, &pombo, &second).await;
    assert_eq!(pombo.verify(&challenge, &code).await.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn no_guess_is_answered_that_a_failover_could_undo() {
    let group = SentinelGroup::start(1, 1).await;
    let world = World::new(&group.url(), brisk(), &[("STORE__WAIT_REPLICAS", "1")]).await;
    let pombo = world.serve().await;
    let (first, second) = (number(1, "00"), number(2, "00"));
    let (verified, code) = challenge(&world, &pombo, &first).await;
    assert_eq!(pombo.verify(&verified, &code).await.outcome(), VerifyOutcome::Verified);
    let (open, right) = challenge(&world, &pombo, &second).await;

    group.servers[1].pause();
    // What was not asked for waits for nobody.
    assert_eq!(pombo.issue(&second).await.challenge_id, open);
    let told = pombo.try_verify(named(&open, &right)).await;
    assert!(is_unavailable(&told), "{told:?}");
    // It stands in the record by now, and is no more certain for that.
    let told = pombo.try_verify(named(&open, &right)).await;
    assert!(is_unavailable(&told), "{told:?}");
    let told = pombo.try_verify(guess(&verified, &code)).await;
    assert!(is_unavailable(&told), "{told:?}");

    group.servers[1].resume();
    let told = pombo.try_verify(named(&open, &right)).await.unwrap();
    assert_eq!((told.outcome(), told.replayed), (VerifyOutcome::Verified, true));
    let again = pombo.verify(&verified, &code).await;
    assert_eq!(again.outcome(), VerifyOutcome::AlreadyUsed);
    let concluded = pombo.metrics().await;
    let verified: f64 = concluded
        .iter()
        .filter(|(name, _)| name.contains("concluded_total") && name.contains("verified"))
        .map(|(_, count)| count)
        .sum();
    assert_eq!(verified, 2.0, "what stands counts, though its first caller was never told");
}

#[tokio::test]
async fn a_cluster_serves_as_one_server_does() {
    let cluster = RedisCluster::start(0).await;
    let world = World::new(&cluster.url(), brisk(), &[SOON]).await;
    let pombo = world.serve().await;
    for index in 0..10 {
        let number = number(index, "00");
        let (challenge, code) = challenge(&world, &pombo, &number).await;
        assert_eq!(pombo.verify(&challenge, &code).await.outcome(), VerifyOutcome::Verified);
    }
    // A phone that is off: an alarm leads on.
    let silent = number(11, "03");
    let challenge = pombo.issue(&silent).await.challenge_id;
    let code = world.message(&silent, Sms, 1).await.code;
    assert_eq!(pombo.verify(&challenge, &code).await.outcome(), VerifyOutcome::Verified);
}
