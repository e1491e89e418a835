//! One verification has one token, and one person has one name in all of them.

use std::collections::BTreeSet;

use pombo::grpc::proto::{IssueCodeRequest, Purpose, VerifyOutcome};

use super::{claims, key_set, keys_url, part, token, verified};
use crate::{
    edge::callers::two_callers,
    support::{
        pombo::{guess, login, wrong},
        redis_server::RedisServer,
        world::{RING, World, number},
    },
};

/// A key that is put in front of the world's own.
const NEW: &str = "k2:5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=";

#[tokio::test]
async fn a_verification_that_is_told_again_carries_the_very_token() {
    let redis = RedisServer::start();
    let world = World::new(&redis.url(), Default::default(), &[]).await;
    let pombo = world.serve().await;
    let (guess, first) = verified(&world, &pombo, "", login(&number(1, "00"))).await;
    // Another replica, which writes with another key by now; and some time later.
    let both = format!("{NEW},{RING}");
    let elsewhere = [("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0"), ("POMBO_KEYS__RING", &both)];
    let other = world.serve_under(&elsewhere).await;
    let moment = redis.ask(&["TIME"]).await;
    while redis.ask(&["TIME"]).await.lines().next() == moment.lines().next() {}
    for replica in [&pombo, &other] {
        let again = replica.try_verify(guess.clone()).await.unwrap();
        assert_eq!((again.outcome(), again.replayed), (VerifyOutcome::Verified, true));
        assert_eq!(again.attestation, first.attestation);
    }
    let at = first.verify_time.unwrap();
    assert_eq!(claims(&first.attestation)["iat"], at.seconds);
}

#[tokio::test]
async fn nothing_but_a_verification_is_attested() {
    let world = World::new("memory:", Default::default(), &[]).await;
    let (pombo, to) = (world.serve().await, number(1, "00"));
    let id = pombo.issue(&to).await.challenge_id;
    let code = world.simulator.inbox().wait_for(&to, 1).await.remove(0).code;
    let missed = pombo.verify(&id, &wrong(&[&code])).await;
    assert_eq!(missed.outcome(), VerifyOutcome::WrongCode);
    let unknown = pombo.try_verify(guess(crate::edge::NOBODYS, &code)).await.unwrap();
    assert!(!pombo.verify(&id, &code).await.attestation.is_empty());
    let used = pombo.verify(&id, &code).await;
    assert_eq!(used.outcome(), VerifyOutcome::AlreadyUsed);
    for answer in [missed, unknown, used] {
        assert_eq!(answer.attestation, "", "{:?}", answer.outcome());
    }
}

#[tokio::test]
async fn one_person_has_one_name_at_every_caller_and_under_every_key() {
    let world = two_callers(&[]).await;
    let (one, other) = (number(1, "00"), number(2, "00"));
    let signup = IssueCodeRequest { purpose: Purpose::Signup.into(), ..login(&one) };
    let mut names = Vec::new();
    let index = "5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=";
    for changed in
        [("POMBO_KEYS__RING", RING), ("POMBO_KEYS__RING", NEW), ("POMBO_KEYS__INDEX", index)]
    {
        let pombo =
            world.serve_under(&[("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0"), changed]).await;
        let tokens = [
            token(&world, &pombo, "bank key", &one).await,
            verified(&world, &pombo, "shop key", signup.clone()).await.1.attestation,
            token(&world, &pombo, "bank key", &other).await,
        ];
        assert_eq!(
            tokens.each_ref().map(|token| claims(token)["aud"].clone()),
            ["bank", "shop", "bank"]
        );
        names.push(tokens.map(|token| claims(&token)["sub"].as_str().unwrap().to_owned()));
    }
    assert_eq!(names[0], names[1], "the ring changes nobody's name");
    let [at_bank, at_shop, others] = &names[0];
    assert_eq!(at_bank, at_shop);
    let index_changes: BTreeSet<_> = [at_bank, others, &names[2][0], &names[2][2]].into();
    assert_eq!(index_changes.len(), 4, "{names:#?}");
}

#[tokio::test]
async fn the_key_set_shows_public_keys_and_may_be_kept_for_a_while() {
    let world = World::new("memory:", Default::default(), &[]).await;
    let both = format!("{NEW},{RING}");
    let pombo = world.serve_under(&[("POMBO_KEYS__RING", &both)]).await;
    let answer = reqwest::get(keys_url(&pombo)).await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/jwk-set+json");
    assert_eq!(header("cache-control"), "public, max-age=300");
    let keys = key_set(&pombo).await;
    assert_eq!(keys.len(), 2);
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
    let token = token(&world, &pombo, "", &number(1, "00")).await;
    let header = part(&token, 0);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&"EdDSA".into(), &"pombo-verification+jwt".into())
    );
    assert_eq!(header["kid"], keys[0]["kid"], "the first key writes");
    let posted = reqwest::Client::new().post(keys_url(&pombo)).send().await.unwrap();
    assert_eq!(posted.status(), 405);
}
