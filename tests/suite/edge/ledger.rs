//! Wrong guesses are remembered, whatever happens to the challenge they were made at.

use pombo::grpc::proto::{self, ChallengeState, VerifyOutcome};
use tokio_stream::StreamExt;

use super::{NUMBER, reason};
use crate::support::{
    pombo::{Pombo, login, wrong},
    redis_server::RedisServer,
    world::World,
};

/// The flow's ledger holds nine; a challenge alone would always give five more.
async fn world(redis: &RedisServer, ttl: &str) -> World {
    let more = [
        ("LIMITS__FAILURES_IN_A_ROW", "9"),
        ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]"),
        ("CODE__TTL", ttl),
        ("LIMITS__RECIPIENT", "[\"20/10m\"]"),
        ("CODE__ACCEPT_ODDS", "true"),
    ];
    World::new(&redis.url(), Default::default(), &more).await
}

/// A wrong guess, and how many are left after it.
async fn miss(world: &World, pombo: &Pombo, challenge_id: &str) -> i32 {
    let sent = world.simulator.inbox().messages(Some(NUMBER));
    let codes: Vec<_> = sent.iter().map(|message| message.code.as_str()).collect();
    let guess = if codes.is_empty() { "000000".to_owned() } else { wrong(&codes) };
    let answer = pombo.verify(challenge_id, &guess).await;
    assert_eq!(answer.outcome(), VerifyOutcome::WrongCode);
    answer.attempts_remaining
}

#[tokio::test]
async fn failures_survive_resend_reissue_cancel_expiry_and_restart() {
    let redis = RedisServer::start();
    let long = world(&redis, "5m").await;
    let mut pombo = long.serve().await;
    let first = pombo.issue(NUMBER).await.challenge_id;
    long.simulator.inbox().wait_for(NUMBER, 1).await;
    assert_eq!(miss(&long, &pombo, &first).await, 4);
    let resend = proto::ResendCodeRequest { challenge_id: first.clone(), ..Default::default() };
    pombo.client().await.resend_code(resend).await.unwrap();
    long.simulator.inbox().wait_for(NUMBER, 2).await;
    assert_eq!(miss(&long, &pombo, &first).await, 3);
    let again = pombo.issue(NUMBER).await;
    assert_eq!((again.reused, again.attempts_remaining), (true, 3));
    let cancel = proto::CancelChallengeRequest { challenge_id: first };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();

    // Two of nine are used: a new challenge gives its five, and they count on.
    let second = pombo.issue(NUMBER).await;
    assert_eq!(second.attempts_remaining, 5);
    for left in [4, 3, 2] {
        assert_eq!(miss(&long, &pombo, &second.challenge_id).await, left);
    }
    pombo.kill().await;
    let pombo = long.serve().await;
    assert_eq!(pombo.get(&second.challenge_id).await.attempts_remaining, 2);
    let cancel = proto::CancelChallengeRequest { challenge_id: second.challenge_id };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();
    drop(pombo);

    let short = world(&redis, "3s").await;
    let pombo = short.serve().await;
    let third = pombo.issue(NUMBER).await;
    assert_eq!(third.attempts_remaining, 4, "five of nine are used");
    assert_eq!(miss(&short, &pombo, &third.challenge_id).await, 3);
    let watch = proto::WatchChallengeRequest { challenge_id: third.challenge_id };
    let mut changes = pombo.client().await.watch_challenge(watch).await.unwrap().into_inner();
    let mut last = None;
    while let Some(change) = changes.next().await {
        last = change.unwrap().challenge;
    }
    assert_eq!(last.unwrap().state(), ChallengeState::Expired);

    let fourth = pombo.issue(NUMBER).await;
    assert_eq!(fourth.attempts_remaining, 3);
    for left in [2, 1, 0] {
        assert_eq!(miss(&short, &pombo, &fourth.challenge_id).await, left);
    }
    let locked = pombo.verify(&fourth.challenge_id, "000000").await;
    assert_eq!(locked.outcome(), VerifyOutcome::Locked);
    assert_eq!(reason(&pombo.try_issue(login(NUMBER)).await.unwrap_err()), "LOCKED");
}
