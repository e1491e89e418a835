//! `pombo check` where nothing is wrong, or nothing that stops messages.

use super::{TEMPLATE, command, sentences, state, world};
use crate::support::{
    redis_cluster::RedisCluster, redis_server::RedisServer, sentinel_group::SentinelGroup,
    world::World,
};

#[tokio::test]
async fn everything_that_a_configuration_names_is_looked_at_and_told() {
    let world = world(&[]).await;
    let ended = command(&world, &["check"]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    for (what, is) in [
        ("configuration", "in order"),
        ("guessing", "1 in 16667 a day"),
        ("store", "in memory"),
        ("whatsapp token", "accepted"),
        ("whatsapp number", "connected, quality green"),
        ("template pt_BR", "warning: "),
        ("sms account", "active"),
        ("sms sender", "a number of the account"),
    ] {
        assert!(state(&ended, what).starts_with(is), "{}", ended.stdout);
    }
    assert_eq!(ended.stderr, "");
}

#[tokio::test]
async fn no_secret_and_no_whole_number_is_told() {
    let world = world(&[("WHATSAPP__CLOUD__PHONE_NUMBER_ID", "999999999999999")]).await;
    let ended = command(&world, &["check"]).await;
    let told = format!("{}{}", ended.stdout, ended.stderr);
    for secret in ["simulated-", "15017250604", "15550783881", "999999999999999"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[tokio::test]
async fn offline_reaches_nothing() {
    let nowhere = [
        ("WHATSAPP__CLOUD__BASE_URL", "http://127.0.0.1:9"),
        ("SMS__TWILIO__BASE_URL", "http://127.0.0.1:9"),
        ("STORE__URL", "redis://127.0.0.1:9"),
    ];
    let world = world(&nowhere).await;
    let ended = command(&world, &["check", "--offline"]).await;
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 2), "{}", ended.stdout);
    assert_eq!(command(&world, &["check"]).await.code, 1);
}

#[tokio::test]
async fn a_message_that_outlives_its_fallback_is_warned_of_until_it_does_not() {
    let world = world(&[("DELIVERY__UNDELIVERED", "30s")]).await;
    let before = command(&world, &["check"]).await;
    let warning = state(&before, "template pt_BR");
    assert!(warning.contains("600 s") && warning.contains("message_ttl = \"30s\""), "{warning}");
    let pushed = command(&world, &["templates", "push", "--no-wait"]).await;
    assert_eq!((pushed.code, &*pushed.stderr), (0, ""), "{}", pushed.stdout);
    let after = command(&world, &["check"]).await;
    assert_eq!(state(&after, "template pt_BR"), "approved", "{}", after.stdout);
}

#[tokio::test]
async fn without_the_accounts_id_the_template_is_not_looked_at() {
    let mut world = world(&[]).await;
    world.unset("WHATSAPP__CLOUD__BUSINESS_ACCOUNT_ID");
    let ended = command(&world, &["check"]).await;
    let warning = state(&ended, "template");
    assert!(warning.contains("whatsapp.cloud.business_account_id"), "{warning}");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let push = command(&world, &["templates", "push"]).await;
    assert!(push.code != 0 && sentences(&push)[0].contains("business_account_id is missing"));
}

#[tokio::test]
async fn a_store_that_may_forget_is_warned_of() {
    let (forgetful, lasting) = (RedisServer::start(), RedisServer::start_lasting());
    for (server, warnings) in [(&forgetful, 1), (&lasting, 0)] {
        let world = World::new(&server.url(), Default::default(), &[]).await;
        let ended = command(&world, &["check"]).await;
        assert!(state(&ended, "store").starts_with("answers; Redis "), "{}", ended.stdout);
        let warned = ended.stdout.lines().filter(|line| line.contains("appendonly is off"));
        assert_eq!((ended.code, warned.count()), (0, warnings), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn a_store_is_told_by_what_it_consists_of_and_by_whom_guesses_wait_for() {
    let (group, cluster) = (SentinelGroup::start(1, 1).await, RedisCluster::start(0).await);
    let master = "the master by its sentinels; guesses wait for 1 replica";
    let primaries = "a cluster of 3 primaries; guesses wait for 1 replica";
    for (url, told, code) in [(group.url(), master, 0), (cluster.url(), primaries, 1)] {
        let world = World::new(&url, Default::default(), &[("STORE__WAIT_REPLICAS", "1")]).await;
        let ended = command(&world, &["check"]).await;
        let store = state(&ended, "store");
        assert!(store.starts_with("answers; Redis ") && store.ends_with(told), "{store}");
        let lacks = ended.stderr.contains("store.wait_replicas is 1, and 0 replicas follow");
        assert_eq!((lacks, ended.code), (code == 1, code), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn every_language_has_a_line_of_its_own() {
    let world = world(&[
        ("WHATSAPP__TEMPLATE__LANGUAGES", "{ en = \"en_US\", es = \"es\", pt = \"pt_BR\" }"),
        ("DELIVERY__PLAN", "whatsapp"),
    ])
    .await;
    let ended = command(&world, &["check"]).await;
    for language in ["pt_BR", "en_US", "es"] {
        let what = format!("template {language}");
        // Without a fallback no message can outlive it.
        assert_eq!(state(&ended, &what), "approved", "{TEMPLATE}: {}", ended.stdout);
        assert_eq!(ended.stdout.matches(&format!("{what} ")).count(), 1, "{}", ended.stdout);
    }
}
