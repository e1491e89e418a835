//! The users that `deploy/redis_users.acl` gives a store: what they may do, and that it is enough.

use std::fs;

use pombo::{
    grpc::proto::{IssueCodeRequest, VerifyOutcome},
    simulator::Channel::Sms,
};

use crate::{
    config::file,
    outwards::{self, receiver::Receiver},
    support::{
        pombo::{by_sms, run},
        redis_server::RedisServer,
        world::number,
    },
};

/// Somebody of the test's own, who may look at everything.
const JUDGE: &str = "user judge on nopass ~* +@all\n";

/// A store with these users.
fn store() -> RedisServer {
    let users = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/redis_users.acl");
    let users = fs::read_to_string(users).unwrap().replace("PASSWORD", "a-word");
    let users = file(&format!("{users}{JUDGE}"));
    RedisServer::start_with(&["--aclfile", users.to_str().unwrap()])
}

/// What the store answers a user of this name and password.
async fn ask(store: &RedisServer, user: &str, password: &str, command: &[&str]) -> String {
    let who = ["--user", user, "--pass", password, "--no-auth-warning"];
    store.ask(&[&who, command].concat()).await
}

#[tokio::test]
async fn the_service_may_do_all_that_it_does() {
    let (store, receiver) = (store(), Receiver::start().await);
    let url = store.url().replace("redis://", "redis://pombo:a-word@");
    let rules = [
        ("LIMITS__CLIENT_IP", "30/1h"),
        ("LIMITS__CALLER", "1000/1h"),
        ("FRAUD__ENFORCE", "[\"prefix_breaker\", \"prefix_budget\", \"country_budget\"]"),
        ("FRAUD__PREFIX_HOURLY", "1"),
        ("FRAUD__SPEND", "5/1h"),
        ("FRAUD__PRICE", "0.1"),
    ];
    let world = outwards::world(&url, &receiver, &rules).await;
    let pombo = world.serve().await;
    let to = number(1, "03");
    let challenge = pombo.issue(&to).await.challenge_id;
    let message = world.message(&to, Sms, 1).await;
    let verified = pombo.verify(&challenge, &message.code).await;
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    let request = |to: &str| IssueCodeRequest { client_ip: "192.0.2.7".to_owned(), ..by_sms(to) };
    pombo.try_issue(request(&number(2, "00"))).await.unwrap();
    pombo.try_issue(request(&number(3, "00"))).await.unwrap_err();
    assert_eq!(pombo.metrics().await["pombo_live_challenges"], 1.0);
    for kind in ["challenge.verified", "call.refused"] {
        receiver.until(kind, |seen| seen.iter().any(|came| came.kind() == kind)).await;
    }
    let checked = run(&["check"], &world.environment()).await;
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    let denied = ask(&store, "judge", "-", &["ACL", "LOG"]).await;
    assert_eq!(denied.trim(), "", "{denied}");
}

#[tokio::test]
async fn nobody_may_do_more_than_they_need() {
    let store = store();
    assert!(store.ask(&["GET", "pombo:index"]).await.starts_with("NOAUTH"));
    assert_eq!(ask(&store, "health", "-", &["PING"]).await, "PONG\n");
    for (user, command) in [
        ("health", &["GET", "pombo:index"][..]),
        ("health", &["INFO"]),
        ("pombo", &["SET", "another:key", "1"]),
        ("pombo", &["KEYS", "*"]),
        ("pombo", &["FLUSHALL"]),
        ("pombo", &["CONFIG", "GET", "*"]),
        ("pombo", &["ACL", "LIST"]),
        ("pombo", &["MONITOR"]),
        ("pombo", &["SHUTDOWN"]),
        ("pombo", &["FUNCTION", "FLUSH"]),
        ("pombo", &["SCRIPT", "FLUSH"]),
        ("pombo", &["REPLICAOF", "127.0.0.1", "1"]),
    ] {
        let answer = ask(&store, user, "a-word", command).await;
        assert!(answer.starts_with("NOPERM"), "{user} {command:?}: {answer}");
    }
    let stranger = ask(&store, "pombo", "another-word", &["GET", "pombo:index"]).await;
    assert!(stranger.starts_with("NOAUTH"), "{stranger}");
    assert!(ask(&store, "pombo", "a-word", &["GET", "pombo:index"]).await.trim().is_empty());
}
