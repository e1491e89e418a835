//! Calls whose bodies come slowly, make no sense or have no end: what is known before is told at once.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::Frame;
use pombo::grpc::proto::{IssueCodeRequest, Purpose};
use tokio::{task::JoinSet, time::timeout};
use tonic::{Code, Status, body::Body, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};

use super::{NUMBER, callers::two_callers, keyed, reason, wait, watch, world};
use crate::support::{
    pombo::{Pombo, login},
    world::number,
};

const ISSUE: &str = "/pombo.otp.v1.OtpService/IssueCode";
const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Calls at once that a connection takes, and how many of them may be questions.
const BY_ONE: usize = 128;
const QUESTIONS: usize = 8;

/// Calls of one caller that may be read at once.
const BY_CALLER: usize = 1024;

/// What the flood below may take of memory, in KiB: a quarter of what it sends.
const ROOM: u64 = 32 * 1024;

/// When somebody is answered that nobody waits for: calls wait 15 seconds for the rest of their bodies.
const SOON: Duration = Duration::from_secs(10);

/// A body that has this much, and then neither more nor an end.
struct Endless(Option<Bytes>);

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}

/// The beginning of a message that is said to be this long.
fn beginning(length: u32) -> Bytes {
    let sent = vec![0; length as usize - 1];
    [&[0], &length.to_be_bytes()[..], &sent].concat().into()
}

/// Makes a call with a body that does not end; what it is answered all the same.
async fn call(mut line: Channel, path: &str, key: &str, body: Bytes) -> Status {
    let request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {key}"))
        .body(Body::new(Endless(Some(body))))
        .unwrap();
    let answer = line.ready().await.unwrap().call(request).await.unwrap();
    Status::from_header_map(answer.headers()).expect("it is refused")
}

/// Makes so many of these calls at once on each of these connections.
fn flood(
    lines: &[Channel],
    count: usize,
    path: &'static str,
    key: &'static str,
    body: &Bytes,
) -> JoinSet<Status> {
    let lines = lines.iter().flat_map(|line| std::iter::repeat_n(line, count));
    lines.map(|line| call(line.clone(), path, key, body.clone())).collect()
}

/// The next answers, which come long before a call has waited for its body.
async fn answers(flood: &mut JoinSet<Status>, count: usize) -> Vec<Status> {
    let mut told = Vec::new();
    let all = async {
        while told.len() < count {
            told.push(flood.join_next().await.unwrap().unwrap());
        }
    };
    timeout(SOON, all).await.expect("they are answered at once");
    told
}

async fn lines(pombo: &Pombo, count: usize) -> Vec<Channel> {
    let mut lines = Vec::new();
    for _ in 0..count {
        lines.push(pombo.connection().await);
    }
    lines
}

/// The shop's customers get their codes.
async fn others_are_served(pombo: &Pombo) {
    let mut client = pombo.client().await;
    for index in 0..5 {
        let request =
            IssueCodeRequest { purpose: Purpose::Signup.into(), ..login(&number(index, "00")) };
        let served = timeout(SOON, client.issue_code(keyed("shop key", request))).await;
        served.expect("it is served soon").unwrap();
    }
}

#[tokio::test]
async fn who_is_no_caller_is_told_so_whatever_its_body_is() {
    let pombo = two_callers(&[]).await.serve().await;
    let lines = lines(&pombo, 1).await;
    for body in [beginning(1000), beginning(1 << 20), Bytes::new(), Bytes::from_static(b"\xff\xff")]
    {
        let told = answers(&mut flood(&lines, 1, ISSUE, "nobody's key", &body), 1).await;
        assert_eq!(told[0].code(), Code::Unauthenticated, "{:?}", told[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_strangers_take_up_no_memory_and_callers_are_served() {
    let pombo = two_callers(&[]).await.serve_with_a_quiet_log().await;
    others_are_served(&pombo).await;
    let lines = lines(&pombo, 16).await;
    let calm = pombo.peak_kib();
    let mut calls = flood(&lines, BY_ONE, ISSUE, "nobody's key", &beginning(60 * 1024));
    let mut questions = flood(&lines, BY_ONE, CHECK, "nobody's key", &beginning(4096));
    others_are_served(&pombo).await;
    for told in answers(&mut calls, lines.len() * BY_ONE).await {
        assert_eq!(told.code(), Code::Unauthenticated, "{told:?}");
    }
    for told in answers(&mut questions, lines.len() * (BY_ONE - QUESTIONS)).await {
        assert_eq!(reason(&told), "OVERLOADED");
    }
    assert!(questions.try_join_next().is_none(), "the others are waited for");
    let peak = pombo.peak_kib();
    println!("{} connections of strangers: {calm} KiB before, {peak} KiB at the peak", lines.len());
    assert!(peak < calm + ROOM, "memory stays flat");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_calls_do_not_come_to_an_end_takes_up_its_own_room_only() {
    let pombo = two_callers(&[]).await.serve_with_a_quiet_log().await;
    let lines = lines(&pombo, BY_CALLER / BY_ONE + 1).await;
    let mut calls = flood(&lines, BY_ONE, ISSUE, "bank key", &beginning(1000));
    for told in answers(&mut calls, BY_ONE).await {
        assert_eq!(reason(&told), "OVERLOADED");
        assert!(!wait(&told).is_zero(), "it is told when to come back");
        assert!(told.get_details_localized_message().is_some(), "people are told, too");
    }
    assert!(calls.try_join_next().is_none(), "the others are waited for");
    others_are_served(&pombo).await;
}

#[tokio::test]
async fn questions_that_anybody_may_ask_are_few_at_once_on_a_connection() {
    let pombo = world(&[]).await.serve().await;
    let line = pombo.connection().await;
    let mut watched = Vec::new();
    for _ in 0..QUESTIONS {
        watched.push(watch(line.clone()).await);
    }
    let ask = || answer_to(line.clone());
    assert_eq!(reason(&ask().await.unwrap_err()), "OVERLOADED");
    answer_to(pombo.connection().await).await.unwrap();
    pombo.issue(NUMBER).await;
    watched.pop();
    let free_again = async { while ask().await.is_err() {} };
    // Sooner than a stranger's connection ends by itself.
    timeout(SOON, free_again).await.expect("there is room again");
}

async fn answer_to(line: Channel) -> Result<(), Status> {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(line).check(request).await.map(drop)
}
