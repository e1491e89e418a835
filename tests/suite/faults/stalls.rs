//! The line to the store: slow, cut, or open and dead. Callers are told at once, all is well soon after,
//! and what was carried out behind their backs counts once.

use std::time::{Duration, Instant};

use pombo::grpc::proto::{
    DeliveryStatus, IssueCodeRequest, TimelineEvent, VerifyCodeRequest, VerifyCodeResponse,
    VerifyOutcome,
};
use tonic::Status;

use super::{
    Funnel, RECOVERY,
    flow::{keyed, message, right_guess},
    until, world,
};
use crate::support::{
    pombo::{Pombo, login},
    proxy::{Line, Proxy},
    redis_server::RedisServer,
    world::{World, number},
};

/// What callers may wait for while the store is away: a second, and what a busy machine adds.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// A service whose line to its store is in the test's hands.
struct Rig {
    redis: RedisServer,
    line: Proxy,
    world: World,
    pombo: Pombo,
    issued: std::cell::Cell<u32>,
}

impl Rig {
    async fn new() -> Self {
        let redis = RedisServer::start_lasting();
        let line = Proxy::before(redis.address()).await;
        let world = world(&line.url(), &[]).await;
        let pombo = world.serve().await;
        // The first call of a process has tables to load.
        pombo.issue(&number(0, "00")).await;
        Self { redis, line, world, pombo, issued: 1.into() }
    }

    fn next_number(&self) -> String {
        number(self.issued.replace(self.issued.get() + 1), "00")
    }

    /// A right guess at a challenge of its own, of whose message all is told, so that its record is quiet.
    async fn right_guess(&self) -> VerifyCodeRequest {
        loop {
            let to = self.next_number();
            let id = self.pombo.issue(&to).await.challenge_id;
            let is_read = |status| status == DeliveryStatus::Read;
            let told = self.pombo.until(&id, |it| is_read(it.deliveries[0].status())).await;
            let mut events = told.timeline.iter().map(|entry| entry.event());
            // Where receipts have overtaken the sender, its own word may still be to come.
            if events.any(|event| event == TimelineEvent::DeliveryAccepted) {
                return right_guess(&self.world, &to, &id).await;
            }
        }
    }

    /// Neither call is carried out, as far as its caller knows, and both know it soon.
    async fn is_away(&self, what: Line, guess: &VerifyCodeRequest) {
        is_unavailable(what, self.pombo.try_verify(guess.clone())).await;
        is_unavailable(what, self.pombo.try_issue(login(&self.next_number()))).await;
    }

    /// Asks with the same key until there is an answer.
    async fn comes_back(&self, what: Line, guess: &VerifyCodeRequest) -> VerifyCodeResponse {
        let start = Instant::now();
        let ask = async || self.pombo.try_verify(guess.clone()).await;
        let answer = until(RECOVERY, ask, Result::is_ok).await.unwrap();
        let (outcome, took) = (answer.outcome(), start.elapsed());
        println!("{what:?}: {outcome:?}, replayed {}, after {took:?}", answer.replayed);
        assert_eq!(outcome, VerifyOutcome::Verified);
        answer
    }

    async fn verified(&self) -> i64 {
        Funnel::of(&self.redis).read().await.concluded["verified"]
    }

    /// One verification stands, however often it is asked for.
    async fn counts_once(&self, guess: VerifyCodeRequest, verified: i64) {
        let again = self.pombo.try_verify(guess.clone()).await.unwrap();
        assert!(again.replayed && again.outcome() == VerifyOutcome::Verified);
        let other = self.pombo.try_verify(keyed(guess, "another")).await.unwrap();
        assert_eq!(other.outcome(), VerifyOutcome::AlreadyUsed);
        let counted = Funnel::of(&self.redis).read().await;
        assert_eq!(counted.concluded["verified"], verified);
        assert_eq!(counted.issued, counted.concluded.values().sum::<i64>() + counted.live);
    }
}

async fn is_unavailable<T>(what: Line, call: impl Future<Output = Result<T, Status>>) {
    let took = super::is_unavailable(call).await;
    println!("{what:?}: unavailable after {took:?}");
    assert!(took < AT_ONCE, "{what:?} took {took:?}");
}

const DEAD: [Line; 5] = [
    Line::Cut,
    Line::Mute,
    Line::HoldsRequests,
    Line::HoldsAnswers,
    Line::Slow(Duration::from_secs(5)),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_dies_is_told_at_once_and_its_return_is_noticed() {
    let rig = Rig::new().await;
    for (round, line) in (1..).zip(DEAD) {
        let guess = rig.right_guess().await;
        rig.line.is(line);
        rig.is_away(line, &guess).await;
        rig.line.is(Line::Good);
        rig.comes_back(line, &guess).await;
        rig.counts_once(guess, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_dies_open_and_is_cut_later_does_not_hold_up_its_return() {
    let rig = Rig::new().await;
    for (round, line) in (1..).zip([Line::Mute, Line::HoldsRequests, Line::HoldsAnswers]) {
        let guess = rig.right_guess().await;
        rig.line.is(line);
        rig.is_away(line, &guess).await;
        rig.line.cut().await;
        rig.is_away(Line::Cut, &guess).await;
        rig.line.is(Line::Good);
        rig.comes_back(line, &guess).await;
        rig.counts_once(guess, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_line_makes_calls_slow_and_fails_none() {
    let rig = Rig::new().await;
    let each_way = Duration::from_millis(100);
    rig.line.is(Line::Slow(each_way));
    for round in 1..=3 {
        let guess = rig.right_guess().await;
        let start = Instant::now();
        let answer = rig.pombo.try_verify(guess.clone()).await.unwrap();
        assert_eq!(answer.outcome(), VerifyOutcome::Verified);
        // The record is read and written.
        assert!(start.elapsed() >= each_way * 4, "{:?}", start.elapsed());
        rig.counts_once(guess, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_whose_answer_is_held_up_is_told_again_to_its_key() {
    let rig = Rig::new().await;
    for (round, after) in (1..).zip([Line::Good, Line::Cut]) {
        let guess = rig.right_guess().await;
        let held = Line::HoldsAnswersTo("|verified|");
        rig.line.is(held);
        tokio::join!(
            is_unavailable(held, rig.pombo.try_verify(guess.clone())),
            rig.line.becomes(Line::HoldsAnswers)
        );
        assert_eq!(rig.verified().await, round, "it has been carried out");
        if after == Line::Cut {
            rig.line.cut().await;
        }
        rig.line.is(Line::Good);
        let answer = rig.comes_back(held, &guess).await;
        assert!(answer.replayed);
        rig.counts_once(guess, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_commit_was_answered_to_nobody_goes_out_once_the_line_is_back() {
    let rig = Rig::new().await;
    let to = rig.next_number();
    let held = Line::HoldsAnswersTo("issued|");
    rig.line.is(held);
    let request = IssueCodeRequest { idempotency_key: "issue".to_owned(), ..login(&to) };
    is_unavailable(held, rig.pombo.try_issue(request.clone())).await;
    rig.line.is(Line::Good);
    let start = Instant::now();
    let ask = async || rig.pombo.try_issue(request.clone()).await;
    let issued = until(RECOVERY, ask, Result::is_ok).await.unwrap();
    let code = message(&rig.world, &to).await.code;
    println!("its message came {:?} after the line was good again", start.elapsed());
    assert!(start.elapsed() < RECOVERY);
    let verified = rig.pombo.verify(&issued.challenge_id, &code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    assert_eq!(rig.world.asked(&to), (1, 0), "and once");
}
