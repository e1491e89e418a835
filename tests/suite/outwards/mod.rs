//! What happens, as receivers of events meet it.

pub mod receiver;

mod envelope;

mod lifecycle;

mod outage;

mod replicas;

mod refusals;

mod refused;

mod steps;

#[cfg(feature = "aws")]
mod topic;

use pombo::grpc::proto::{DeliveryStatus, VerifyOutcome};
use redis::AsyncCommands;

use crate::support::{
    pombo::{Pombo, wrong},
    redis_server::RedisServer,
    world::{SOON, World, brisk},
};
use receiver::{Came, Receiver};

/// What signs events in these tests, as it is configured.
const SECRET: &str = "whsec_c2VjcmV0IGZvciB0ZXN0cywgbm8gc2VjcmV0";

/// A world whose events go to this receiver. `more` adds to the configuration.
pub async fn world(store_url: &str, receiver: &Receiver, more: &[(&str, &str)]) -> World {
    let url = receiver.url();
    let events = [
        SOON,
        ("EVENTS__URL", url.as_str()),
        ("EVENTS__SECRET", SECRET),
        // Ten digits are in no time and no id by chance.
        ("CODE__LENGTH", "10"),
        ("LIMITS__RECIPIENT", "[\"20/10m\"]"),
        ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]"),
    ];
    World::new(store_url, brisk(), &[&events, more].concat()).await
}

/// A flow that is verified by its first message; the challenge.
async fn verified(world: &World, pombo: &Pombo, to: &str) -> String {
    let before = world.simulator.inbox().messages(Some(to)).len();
    let id = pombo.issue(to).await.challenge_id;
    let messages = world.simulator.inbox().wait_for(to, before + 1).await;
    // Read before it is verified, so that every event of it comes.
    pombo.until(&id, |it| it.deliveries[0].status() == DeliveryStatus::Read).await;
    let answer = pombo.verify(&id, &messages[before].code).await;
    assert_eq!(answer.outcome(), VerifyOutcome::Verified);
    id
}

/// Guesses wrong so many times.
async fn miss(world: &World, pombo: &Pombo, id: &str, to: &str, times: usize) {
    let sent = world.simulator.inbox().wait_for(to, 1).await;
    let codes: Vec<_> = sent.iter().map(|message| message.code.as_str()).collect();
    for _ in 0..times {
        pombo.verify(id, &wrong(&codes)).await;
    }
}

/// Whether this is what a flow that is verified by WhatsApp tells, in order. A quick receipt may
/// overtake those before it, which then are never told.
#[track_caller]
fn is_verified_flow(kinds: &[String]) {
    let story = [
        "challenge.issued",
        "delivery.queued",
        "delivery.accepted",
        "delivery.sent",
        "delivery.delivered",
        "delivery.read",
        "challenge.verified",
    ];
    let mut rest = story.iter();
    assert!(kinds.iter().all(|kind| rest.any(|next| next == kind)), "out of order: {kinds:?}");
    for must in ["challenge.issued", "delivery.queued", "delivery.read", "challenge.verified"] {
        assert!(kinds.iter().any(|kind| kind == must), "no {must} in {kinds:?}");
    }
}

/// How many events a store holds.
async fn stored(redis: &RedisServer) -> usize {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let streams: Vec<String> = connection.keys("pombo:*:events").await.unwrap();
    let mut count = 0;
    for stream in streams {
        let mut length = redis::cmd("XLEN");
        count += length.arg(stream).query_async::<usize>(&mut connection).await.unwrap();
    }
    count
}
