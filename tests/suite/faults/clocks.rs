//! Clocks that are wrong by a minute: replicas go by the store's, and a record never goes back.

// This machine's clock is what theirs are wrong by.
#![allow(clippy::disallowed_methods)]

use std::time::{Duration, SystemTime};

use pombo::grpc::proto::{
    Channel, IssueCodeRequest, Purpose, VerifyOutcome, otp_service_client::OtpServiceClient,
};
use tokio::time::sleep;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{BRIEF, Ends, Funnel, House, flow::message, flows, world};
use crate::support::{
    pombo::{Pombo, guess, login, wrong},
    redis_server::RedisServer,
    world::{World, number},
    wrong_clock::off_by,
};

/// A replica whose clock is off.
async fn serve(world: &World, seconds: i64, webhooks: &[(&str, &str)]) -> Pombo {
    let clock = off_by(seconds);
    let clock: Vec<_> = clock.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let pombo = world.serve_under(&[&clock[..], webhooks].concat()).await;
    let (clock, now) = (clock_of(&pombo), SystemTime::now());
    let off = clock.duration_since(now).or_else(|_| now.duration_since(clock)).unwrap();
    assert!(off > Duration::from_secs(50), "its clock is right: {off:?}");
    pombo
}

/// The time by which it logs.
fn clock_of(pombo: &Pombo) -> SystemTime {
    let line: serde_json::Value = serde_json::from_str(pombo.stderr.all().last().unwrap()).unwrap();
    let time: prost_types::Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    time.try_into().unwrap()
}

/// One replica a minute ahead, one a minute behind.
async fn apart(world: &World) -> [Pombo; 2] {
    let elsewhere = [("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0")];
    [serve(world, 60, &[]).await, serve(world, -60, &elsewhere).await]
}

fn time(time: Option<prost_types::Timestamp>) -> SystemTime {
    time.unwrap().try_into().unwrap()
}

/// How long a refusal asks to wait.
fn wait(status: &Status) -> Duration {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    status.get_details_retry_info().unwrap().retry_delay.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_two_minutes_apart_agree_on_the_moment_at_which_a_code_expires() {
    let redis = RedisServer::start();
    let world = world(&redis.url(), &[("CODE__TTL", "4s")]).await;
    let replicas = apart(&world).await;
    for (index, issuer) in (0..).zip(&replicas) {
        let to = number(index, "00");
        let issued = issuer.issue(&to).await;
        let expires = time(issued.expire_time);
        let lives = expires.duration_since(SystemTime::now()).unwrap_or_default();
        assert!(lives <= Duration::from_secs(4), "{lives:?}");
        let code = message(&world, &to).await.code;
        let guess = guess(&issued.challenge_id, &wrong(&[&code]));
        for replica in &replicas {
            let told = replica.try_verify(guess.clone()).await.unwrap();
            assert_eq!(told.outcome(), VerifyOutcome::WrongCode);
        }
        sleep(expires.duration_since(SystemTime::now()).unwrap_or_default()).await;
        for replica in &replicas {
            let told = replica.verify(&issued.challenge_id, &code).await;
            assert_eq!(told.outcome(), VerifyOutcome::Expired);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_two_minutes_apart_agree_on_waits_and_limits() {
    let redis = RedisServer::start();
    let waits = ("RESEND__WAITS", "[\"2s\", \"1ms\", \"1ms\"]");
    let limit = ("LIMITS__RECIPIENT", "[\"3/10m\", \"12/24h\"]");
    let world = world(&redis.url(), &[waits, limit, ("CODE__TTL", "5m")]).await;
    let [ahead, behind] = &apart(&world).await;
    let to = number(1, "00");
    let id = ahead.issue(&to).await.challenge_id;
    let early = behind.resend(&id, Channel::Unspecified).await.unwrap_err();
    assert!(wait(&early) <= Duration::from_secs(2), "{early:?}");
    sleep(wait(&early)).await;
    behind.resend(&id, Channel::Unspecified).await.unwrap();
    sleep(Duration::from_millis(5)).await;
    ahead.resend(&id, Channel::Unspecified).await.unwrap();
    let login = login(&to);
    let another = IssueCodeRequest { purpose: Purpose::Recovery.into(), ..login };
    for replica in [ahead, behind] {
        let full = wait(&replica.try_issue(another.clone()).await.unwrap_err());
        println!("a full window is told to last {full:?}");
        assert!((590..=600).contains(&full.as_secs()), "{full:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_by_replicas_two_minutes_apart_end_as_others_do() {
    let redis = RedisServer::start();
    let world = world(&redis.url(), &[BRIEF]).await;
    let replicas = apart(&world).await;
    let house = std::sync::Arc::new(House::of(world, replicas));
    let gone = flows(&house, 18, Duration::from_millis(100)).await;
    let ends = Ends::of(&house, &gone, &Funnel::of(&redis)).await;
    println!("two minutes apart: {ends:?}");
    assert_eq!((ends.verified, ends.left, ends.lost(), ends.doubled), (16, 2, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_clock_comes_back_a_minute_behind_turns_no_record_back() {
    let mut redis = RedisServer::start_lasting();
    let world = world(&redis.url(), &[("CODE__TTL", "5m")]).await;
    let pombo = world.serve().await;
    let to = number(1, "00");
    let issued = pombo.issue(&to).await;
    let code = message(&world, &to).await.code;
    let before = pombo.get(&issued.challenge_id).await;

    let clock = off_by(-60);
    let clock: Vec<_> = clock.iter().map(|(key, value)| (*key, value.as_str())).collect();
    redis.restart_under(&clock);
    let told = redis.ask(&["TIME"]).await;
    let seconds: u64 = told.lines().next().unwrap().parse().unwrap();
    let issue_time = time(before.issue_time).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert!(seconds < issue_time.as_secs(), "the store's clock is right");

    let mut client = OtpServiceClient::new(pombo.connection().await);
    let again = client.issue_code(login(&to)).await.unwrap().into_inner();
    assert!(again.reused && !again.message_sent, "its wait has not begun again, nor ended");
    assert_eq!(again.expire_time, issued.expire_time);
    let verified = pombo.verify(&issued.challenge_id, &code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert!(time(verified.verify_time) >= time(before.issue_time));
    let after = pombo.get(&issued.challenge_id).await;
    let times: Vec<_> = after.timeline.iter().map(|entry| time(entry.time)).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(time(after.conclude_time) >= *times.first().unwrap());
    assert_eq!(Funnel::of(&redis).read().await.live, 0);
}
