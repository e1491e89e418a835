//! More calls than can be served: they are turned away at once, and whoever did not flood is served.

use std::time::{Duration, Instant};

use pombo::grpc::proto::{
    IssueCodeRequest, IssueCodeResponse, Purpose, VerifyCodeResponse, VerifyOutcome,
    otp_service_client::OtpServiceClient,
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

use super::{callers::two_callers, keyed, reason};
use crate::support::{
    all,
    pombo::{Pombo, guess, login, wrong},
    world::{World, number},
};

/// Calls of the flood: more than one caller may have under way.
const FLOOD: u32 = 1200;

/// Calls at once on one connection: what a client has beyond it waits on its side.
const BY_ONE: usize = 128;

/// What a flood may take of memory, in KiB: what hashes work in, and calls on their way.
const ROOM: u64 = 160 * 1024;

/// How soon the last of a flood is turned away. It has to be read first, and the machine is busy.
const AT_ONCE: Duration = Duration::from_secs(3);

/// How long the other caller's calls may take: its own hash, one of the flood's, and a busy machine.
const SOON: Duration = Duration::from_secs(10);

/// The bank and the shop, and hashes that take a while.
async fn start() -> (World, Pombo) {
    let slow = [("CODE__HASH", "owasp")];
    let world = two_callers(&slow).await;
    let pombo = world.serve().await;
    (world, pombo)
}

/// Connections enough for so many calls at once.
async fn lines(pombo: &Pombo, calls: u32) -> Vec<Channel> {
    let mut lines = Vec::new();
    for _ in 0..(calls as usize).div_ceil(BY_ONE) {
        lines.push(pombo.connection().await);
    }
    lines
}

async fn issue(line: Channel, key: &str, to: String) -> Result<IssueCodeResponse, Status> {
    let mut client = OtpServiceClient::new(line);
    Ok(client.issue_code(keyed(key, login(&to))).await?.into_inner())
}

/// What was turned away, and how soon; panics if it was for anything but too much work.
fn turned_away<T>(answers: &[(Result<T, Status>, Duration)]) -> Vec<Duration> {
    let refused = answers.iter().filter_map(|(answer, took)| Some((answer.as_ref().err()?, took)));
    let told = refused.map(|(status, took)| {
        assert_eq!((status.code(), reason(status)), (Code::ResourceExhausted, "OVERLOADED".into()));
        let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
        assert!(retry.is_some_and(|delay| !delay.is_zero()), "it says when to come back");
        *took
    });
    let mut took: Vec<_> = told.collect();
    took.sort();
    took
}

async fn timed<T>(call: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let answer = call.await;
    (answer, start.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_callers_flood_is_turned_away_and_the_others_are_served() {
    let (_world, pombo) = start().await;
    let lines = lines(&pombo, FLOOD).await;
    let calm = pombo.resident_kib();
    let flood = (0..FLOOD).map(|index| {
        let line = lines[index as usize / BY_ONE].clone();
        timed(async move { issue(line, "bank key", number(10_000 + index, "00")).await })
    });
    let flood = tokio::spawn(all(flood.collect::<Vec<_>>()));

    let mut client = pombo.client().await;
    let mut served = Vec::new();
    while !flood.is_finished() {
        let to = number(20_000 + served.len() as u32, "00");
        let request = IssueCodeRequest { purpose: Purpose::Signup.into(), ..login(&to) };
        let (answer, took) = timed(client.issue_code(keyed("shop key", request))).await;
        answer.unwrap();
        served.push(took);
        assert_eq!(
            reqwest::get(format!("http://{}/readyz", pombo.admin)).await.unwrap().status(),
            200
        );
    }
    let answers = flood.await.unwrap();
    let turned_away = turned_away(&answers);
    served.sort();
    println!(
        "{FLOOD} calls at once: {} served, {} turned away after {:?} at most; meanwhile {} calls of another \
         caller took {:?} at most; {} KiB before, {} KiB at the peak",
        answers.len() - turned_away.len(),
        turned_away.len(),
        turned_away.last().unwrap(),
        served.len(),
        served.last().unwrap(),
        calm,
        pombo.peak_kib(),
    );
    assert!(turned_away.len() < answers.len(), "it is served, too, as far as that goes");
    assert!(*turned_away.last().unwrap() < AT_ONCE, "{:?}", turned_away.last());
    assert!(*served.last().unwrap() < SOON, "{served:?}");
    assert!(pombo.peak_kib() < calm + ROOM, "memory stays flat");
    let limited = pombo.metrics().await["pombo_limited_total{limit=\"overloaded\"}"];
    assert_eq!(limited as usize, turned_away.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_on_one_challenge_leaves_the_others_alone() {
    let (world, pombo) = start().await;
    let line = pombo.connection().await;
    let (attacked, own) = (number(1, "00"), number(2, "00"));
    let target = issue(line.clone(), "bank key", attacked.clone()).await.unwrap().challenge_id;
    let id = issue(line.clone(), "bank key", own.clone()).await.unwrap().challenge_id;
    let inbox = world.simulator.inbox();
    let code = inbox.wait_for(&own, 1).await.remove(0).code;
    let no_code = wrong(&[&inbox.wait_for(&attacked, 1).await.remove(0).code]);

    let lines = lines(&pombo, 600).await;
    let flood = (0..600).map(|index| {
        let line = lines[index / BY_ONE].clone();
        let (mut client, guess) = (OtpServiceClient::new(line), guess(&target, &no_code));
        timed(async move { Ok(client.verify_code(keyed("bank key", guess)).await?.into_inner()) })
    });
    let flood = tokio::spawn(all(flood.collect::<Vec<_>>()));
    let mut client = pombo.client().await;
    let verify = client.verify_code(keyed("bank key", guess(&id, &code)));
    let (verified, took) = timed(verify).await;
    assert_eq!(verified.unwrap().into_inner().outcome(), VerifyOutcome::Verified);
    let answers = flood.await.unwrap();
    let turned_away = turned_away(&answers);
    let count = |outcome| {
        let told = answers.iter().filter_map(|(answer, _)| answer.as_ref().ok());
        told.filter(|it: &&VerifyCodeResponse| it.outcome() == outcome).count()
    };
    let (wrong, exhausted) = (count(VerifyOutcome::WrongCode), count(VerifyOutcome::Exhausted));
    println!(
        "600 guesses at one challenge: {wrong} compared, {exhausted} told that it is over, {} turned away; \
         another one's took {took:?}",
        turned_away.len(),
    );
    assert_eq!((wrong, wrong + exhausted + turned_away.len()), (5, 600));
    assert!(took < SOON, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_on_one_recipient_leaves_the_others_alone() {
    let (_world, pombo) = start().await;
    let lines = lines(&pombo, 600).await;
    let flood = (0..600).map(|index| {
        let line = lines[index / BY_ONE].clone();
        let (mut client, to) = (OtpServiceClient::new(line), number(1, "00"));
        let request = IssueCodeRequest { subject_id: format!("{index}"), ..login(&to) };
        timed(async move { client.issue_code(keyed("bank key", request)).await.map(drop) })
    });
    let flood = tokio::spawn(all(flood.collect::<Vec<_>>()));
    let line = pombo.connection().await;
    let (issued, took) = timed(issue(line, "bank key", number(2, "00"))).await;
    issued.unwrap();
    let answers = flood.await.unwrap();
    let told = |why: &str| {
        let refused = answers.iter().filter_map(|(answer, _)| answer.as_ref().err());
        refused.filter(|status| reason(status) == why).count()
    };
    let issued = answers.iter().filter(|(answer, _)| answer.is_ok()).count();
    let (full, turned_away) = (told("RECIPIENT_LIMIT"), told("OVERLOADED"));
    println!(
        "600 calls for one recipient: {issued} issued, {full} told of its limit, {turned_away} turned away; \
         another one's took {took:?}"
    );
    assert_eq!((issued, issued + full + turned_away), (5, 600));
    assert!(took < SOON, "{took:?}");
}
