//! A ring that is rotated in another order: a replica meets challenges under a key that it has not
//! got. It says so, counts nothing, and goes on.

use pombo::{
    grpc::proto::{Channel::Unspecified, DeliveryStatus, IssueCodeRequest, Purpose, VerifyOutcome},
    simulator::Channel::{Sms, WhatsApp},
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{key_set, part, rotation::NEW};
use crate::support::{
    pombo::{Pombo, guess, login, wrong},
    redis_server::RedisServer,
    world::{RING as OLD, SOON, World, brisk, number},
};

/// A replica under this ring, whose receipts go elsewhere.
async fn serve(world: &World, ring: &str) -> Pombo {
    let elsewhere = ("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0");
    world.serve_under(&[elsewhere, ("POMBO_KEYS__RING", ring)]).await
}

/// The caller is told to come back, and that it is for an operator to act.
#[track_caller]
fn is_told(refused: Status) {
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert!(refused.message().contains("a key of the ring is missing"), "{refused:?}");
    assert!(refused.get_error_details().retry_info().is_some());
}

/// The operator is told which key it is.
async fn is_logged(replica: &Pombo, words: &str) {
    let holds = |line: &str| line.contains(words) && line.contains("k2") && line.contains("ERROR");
    replica.stderr.wait_for("the key's id in the log", holds).await;
}

#[tokio::test]
async fn a_challenge_under_a_key_that_is_not_there_is_refused_and_counts_nothing() {
    let redis = RedisServer::start();
    let waits = ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]");
    let world = World::new(&redis.url(), brisk(), &[waits]).await;
    let ahead = serve(&world, &format!("{NEW},{OLD}")).await;
    let behind = serve(&world, OLD).await;
    let to = number(1, "00");
    let id = ahead.issue(&to).await.challenge_id;
    let code = world.message(&to, WhatsApp, 1).await.code;
    for code in [code.clone(), wrong(&[&code])] {
        is_told(behind.try_verify(guess(&id, &code)).await.unwrap_err());
    }
    is_told(behind.resend(&id, Unspecified).await.unwrap_err());
    is_logged(&behind, "a call failed").await;
    let seen = behind.get(&id).await;
    assert_eq!((seen.attempts_remaining, seen.deliveries.len()), (5, 1));
    // The same person, for another purpose: what it makes itself it can read.
    let other = IssueCodeRequest { purpose: Purpose::Recovery.into(), ..login(&to) };
    let other = behind.try_issue(other).await.unwrap().challenge_id;
    let others_code = world.message(&to, WhatsApp, 2).await.code;
    let answer = ahead.verify(&id, &code).await;
    assert_eq!((answer.outcome(), &answer.recipient), (VerifyOutcome::Verified, &to));
    let known = key_set(&behind).await;
    let kid = &part(&answer.attestation, 0)["kid"];
    assert!(known.iter().all(|key| key["kid"] != *kid), "receivers who ask there can't check it");
    assert_eq!(behind.verify(&other, &others_code).await.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn an_alarm_under_a_key_that_is_not_there_is_left_for_who_has_it() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[SOON]).await;
    let mut ahead = serve(&world, &format!("{NEW},{OLD}")).await;
    let behind = serve(&world, OLD).await;
    let to = number(1, "03");
    let id = ahead.issue(&to).await.challenge_id;
    ahead.until(&id, |it| it.deliveries[0].status() >= DeliveryStatus::Accepted).await;
    ahead.kill().await;
    is_logged(&behind, "an alarm could not be looked at").await;
    assert_eq!(world.arrived(&to), (0, 0));
    let again = serve(&world, &format!("{NEW},{OLD}")).await;
    let code = world.message(&to, Sms, 1).await.code;
    assert_eq!(again.verify(&id, &code).await.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn a_key_that_goes_too_soon_takes_no_verification_back() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), brisk(), &[]).await;
    let pombo = serve(&world, OLD).await;
    let to = number(1, "00");
    let (guess, first) = super::verified(&world, &pombo, "", login(&to)).await;
    assert!(!first.attestation.is_empty());
    let without = serve(&world, NEW).await;
    let again = without.try_verify(guess).await.unwrap();
    assert_eq!((again.outcome(), again.replayed), (VerifyOutcome::Verified, true));
    assert_eq!(again.attestation, "", "there is no key to sign it with");
    let holds = |line: &str| line.contains("can't be attested") && line.contains("k1");
    without.stderr.wait_for("the key's id in the log", holds).await;
}
