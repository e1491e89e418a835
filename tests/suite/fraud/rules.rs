//! Budgets of messages that nobody verified, and the cap on what all cost.

use std::time::Duration;

use pombo::simulator::{Provider, Weather};

use super::*;
use crate::support::{redis_server::RedisServer, world::number};

pub const TWO_AN_HOUR: [(&str, &str); 2] =
    [("FRAUD__ENFORCE", "[\"prefix_budget\"]"), ("FRAUD__PREFIX_HOURLY", "2")];

#[tokio::test]
async fn messages_that_nobody_verifies_use_a_budget_up_and_verified_ones_do_not() {
    let world = world("memory:", &TWO_AN_HOUR).await;
    let pombo = world.serve().await;
    for index in 0..6 {
        verifies_by_sms(&world, &pombo, &number(300_000 + index, "00")).await.unwrap();
    }
    for index in 0..2 {
        pombo.try_issue(by_sms(&number(301_000 + index, "00"))).await.unwrap();
    }
    let (rule, wait) = refused(pombo.try_issue(by_sms(&number(302_000, "00"))).await);
    assert_eq!(rule, "PREFIX_BUDGET");
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1800), "{wait:?}");
    // Another prefix has a budget of its own, and WhatsApp needs none.
    pombo.try_issue(by_sms(&number(400_000, "00"))).await.unwrap();
    let issued = pombo.issue(&number(302_001, "00")).await;
    assert_eq!(issued.first_channel(), proto::Channel::Whatsapp);
    assert!(pombo.metrics().await["pombo_limited_total{limit=\"prefix_budget\"}"] >= 1.0);
}

#[tokio::test]
async fn a_fallback_over_the_budget_is_withheld_and_told_with_its_rule() {
    let world = world("memory:", &TWO_AN_HOUR).await;
    let pombo = world.serve().await;
    let mut withheld = Vec::new();
    for index in 0..3 {
        let to = number(300_000 + index, "02");
        let id = pombo.issue(&to).await.challenge_id;
        withheld.push(
            pombo
                .until(&id, |it| {
                    it.deliveries.len() == 2 || it.state() == proto::ChallengeState::Undeliverable
                })
                .await
                .deliveries
                .len(),
        );
    }
    assert_eq!(withheld, [2, 2, 1], "the third fallback is one too many");
    pombo
        .stderr
        .wait_for("the decision", |line| {
            line.contains("stood in the way of a text message")
                && line.contains("\"prefix_budget\"")
                && line.contains("\"enforced\":true")
        })
        .await;
    pombo.counted(&["pombo_limited_total{limit=\"prefix_budget\"}"], 1.0).await;
}

#[tokio::test]
async fn what_is_observed_is_counted_and_sent() {
    let world = world("memory:", &[("FRAUD__PREFIX_HOURLY", "2")]).await;
    let pombo = world.serve().await;
    for index in 0..5 {
        pombo.try_issue(by_sms(&number(300_000 + index, "00"))).await.unwrap();
    }
    let metrics = pombo.metrics().await;
    assert_eq!(metrics["pombo_observed_total{limit=\"prefix_budget\"}"], 3.0);
    assert!(!metrics.contains_key("pombo_limited_total{limit=\"prefix_budget\"}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_a_budget_to_the_message() {
    let redis = RedisServer::start();
    let rules = [("FRAUD__ENFORCE", "[\"prefix_budget\"]"), ("FRAUD__PREFIX_HOURLY", "5")];
    let world = world(&redis.url(), &rules).await;
    let (first, second) = (world.serve().await, world.serve_another().await);
    let calls = (0..40).map(|index| {
        let pombo = if index % 2 == 0 { &first } else { &second };
        pombo.try_issue(by_sms(&number(300_000 + index, "00")))
    });
    let answers = crate::edge::join_all(calls).await;
    let issued = answers.iter().filter(|answer| answer.is_ok()).count();
    let rules = answers.into_iter().filter(Result::is_err).map(|it| refused(it).0);
    assert_eq!(issued, 5);
    assert!(rules.into_iter().all(|rule| rule == "PREFIX_BUDGET"));
}

#[tokio::test]
async fn a_country_has_a_budget_and_the_service_a_cap() {
    let rules = [
        ("FRAUD__ENFORCE", "[\"country_budget\"]"),
        ("FRAUD__COUNTRY_HOURLY", "3"),
        ("LIMITS__ALLOWED_COUNTRIES", "[\"BR\", \"PT\"]"),
    ];
    let pombo = world("memory:", &rules).await.serve().await;
    for index in 0..3 {
        pombo.try_issue(by_sms(&number(300_000 + 10_000 * index, "00"))).await.unwrap();
    }
    assert_eq!(refused(pombo.try_issue(by_sms(&number(900_000, "00"))).await).0, "COUNTRY_BUDGET");
    pombo.try_issue(by_sms("+351912345600")).await.unwrap();

    let cap = [("FRAUD__SPEND", "0.25/1h"), ("FRAUD__PRICE", "0.1"), ("FRAUD__PRICES__PT", "0.05")];
    let pombo = world("memory:", &cap).await.serve().await;
    for to in ["+5511987654300", "+351912345600", "+5521987654300"] {
        pombo.try_issue(by_sms(to)).await.unwrap();
    }
    assert_eq!(refused(pombo.try_issue(by_sms("+351912345700")).await).0, "SPEND_CAP");
    pombo.issue("+351912345700").await;
}

#[tokio::test]
async fn a_verified_challenge_gives_back_its_fallback_as_well() {
    let world = world("memory:", &TWO_AN_HOUR).await;
    let pombo = world.serve().await;
    for index in 0..4 {
        let to = number(300_000 + index, "02");
        let id = pombo.issue(&to).await.challenge_id;
        let code = world.message(&to, pombo::simulator::Channel::Sms, 1).await.code;
        assert_eq!(pombo.verify(&id, &code).await.outcome(), proto::VerifyOutcome::Verified);
    }
}

#[tokio::test]
async fn a_provider_that_takes_nothing_uses_no_budget_up() {
    let rules = [
        ("FRAUD__ENFORCE", "[\"prefix_breaker\", \"prefix_budget\", \"spend_cap\"]"),
        ("FRAUD__PREFIX_HOURLY", "2"),
        ("FRAUD__SPEND", "2/1h"),
    ];
    let world = world("memory:", &rules).await;
    let pombo = world.serve().await;
    world.simulator.weather(Provider::Twilio, Weather::TokenExpired);
    for index in 0..25 {
        let id = issued_soon(&pombo, by_sms(&number(300_000 + index, "00"))).await;
        assert_eq!(pombo.end(&id).await.state(), proto::ChallengeState::Undeliverable);
    }
    world.simulator.weather(Provider::Twilio, Weather::Clear);
    issued_soon(&pombo, by_sms(&number(300_500, "00"))).await;
    verifies_by_sms(&world, &pombo, &number(301_000, "00")).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_fails_opens_no_breaker() {
    let world = world("memory:", &[("FRAUD__ENFORCE", "[\"prefix_breaker\"]")]).await;
    let pombo = world.serve().await;
    world.simulator.weather(Provider::Twilio, Weather::failing(503));
    for index in 0..25 {
        let id = issued_soon(&pombo, by_sms(&number(300_000 + index, "00"))).await;
        assert_eq!(pombo.end(&id).await.state(), proto::ChallengeState::Undeliverable);
    }
    world.simulator.weather(Provider::Twilio, Weather::Clear);
    verifies_by_sms(&world, &pombo, &number(301_000, "00")).await.unwrap();
}

#[tokio::test]
async fn who_hangs_up_before_a_challenge_begins_has_used_no_budget_up() {
    let redis = RedisServer::start();
    let world =
        world(&redis.url(), &[TWO_AN_HOUR[0], TWO_AN_HOUR[1], ("CODE__HASH", "owasp")]).await;
    let pombo = world.serve().await;
    let mut client = pombo.client().await;
    for index in 0..20 {
        // A hash takes longer than this, and comes after the toll.
        let mut request = tonic::Request::new(by_sms(&number(300_000 + index, "00")));
        request.set_timeout(Duration::from_millis(12));
        drop(client.issue_code(request).await);
    }
    let begun = world.simulator.inbox().messages(None).len();
    println!("20 hung up, {begun} of whom get a message all the same");
    assert!(begun < 2, "most do not");
    issued_soon(&pombo, by_sms(&number(302_000, "00"))).await;
}

/// Issues once there is room for it again: what is given back is so a moment after its cause.
async fn issued_soon(pombo: &Pombo, request: IssueCodeRequest) -> String {
    let issued = async {
        loop {
            match pombo.try_issue(request.clone()).await {
                Ok(issued) => return issued.challenge_id,
                Err(status) => drop(refused::<()>(Err(status))),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), issued).await.expect("room in the budget")
}
