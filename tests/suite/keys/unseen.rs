//! No secret of the configuration is in anything that `check` and `serve` print or answer, whether it is
//! right, wrong, in the wrong place, or used against providers that refuse it.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::config::Config;

use crate::{
    config::file,
    edge::{keyed, leaks::Secrets, sha256_hex},
    support::{
        pombo::{Pombo, login, run},
        redis_server::RedisServer,
        world::{World, brisk, number},
    },
};

/// What is in the files of certificates is no secret, and test numbers' codes are looked for elsewhere.
const PUBLIC: [&str; 2] = ["store.ca", "store.client_cert"];

const RING: [&str; 2] = [
    "5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE=",
    "Oj0luX8jhRD+Ih98H1k8lKEFiSsZnrRHio3p5hSWtzg=",
];
const INDEX: &str = "fj819kWjPPwiMwpaJoz5tBo9JeIrNFAbwJgyFUrrkvk=";
const SIGNING: &str = "2LkTdbmBWXT6Hd8Z1fVLCYVcPvFoW0Vq0R2mVvWqS3U=";
const CALLER: &str = "zebra-key-of-a-caller";

/// A value for every secret key, by its path, that stands nowhere else.
fn values(redis: &RedisServer) -> BTreeMap<&'static str, String> {
    let pem = "-----BEGIN PRIVATE KEY-----\nzebra-in-pem\n-----END PRIVATE KEY-----\n";
    [
        ("store.url", format!("redis://:zebra-of-redis@{}", redis.address())),
        ("store.client_key", pem.to_owned()),
        ("server.admin_token", "zebra-token-of-the-operator".to_owned()),
        ("keys.ring", format!("new:{},old:{}", RING[0], RING[1])),
        ("keys.index", INDEX.to_owned()),
        ("whatsapp.cloud.access_token", "zebra-token-of-meta".to_owned()),
        ("whatsapp.cloud.app_secret", "zebra-secret-of-meta".to_owned()),
        ("whatsapp.cloud.verify_token", "zebra-handshake".to_owned()),
        ("sms.twilio.auth_token", "zebra-token-of-twilio".to_owned()),
        ("events.url", "http://127.0.0.1:1/zebra-in-a-path".to_owned()),
        ("events.secret", format!("whsec_{SIGNING}")),
        ("callers.0.api_key_sha256", sha256_hex(CALLER)),
    ]
    .into()
}

/// The parts of these that must be seen nowhere, in whatever shape.
fn secrets() -> Secrets {
    let words = [
        "zebra-of-redis",
        "zebra-in-pem",
        "zebra-token-of-the-operator",
        "zebra-token-of-meta",
        "zebra-secret-of-meta",
        "zebra-handshake",
        "zebra-token-of-twilio",
        "zebra-in-a-path",
        CALLER,
    ];
    let keys = [RING[0], RING[1], INDEX, SIGNING].map(|key| BASE64_STANDARD.decode(key).unwrap());
    let hash = sha256_hex(CALLER);
    let words = words.iter().map(|word| word.as_bytes()).chain([hash.as_bytes()]);
    Secrets::new([]).and_secrets(words.chain(keys.iter().map(Vec::as_slice)))
}

fn variable(key: &str) -> String {
    format!("POMBO_{}", key.to_uppercase().replace('.', "__"))
}

/// The world's configuration with these in place of what it says of the same keys.
fn environment(world: &World, values: &BTreeMap<&str, String>) -> Vec<(String, String)> {
    let mut all: BTreeMap<String, String> = world
        .environment()
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    // It needs TLS, which the server has not.
    let fitting = values.iter().filter(|(key, _)| **key != "store.client_key");
    all.extend(fitting.map(|(key, value)| (variable(key), value.clone())));
    all.insert("POMBO_CALLERS__0__NAME".to_owned(), "bank".to_owned());
    all.into_iter().collect()
}

fn borrowed(environment: &[(String, String)]) -> Vec<(&str, &str)> {
    environment.iter().map(|(key, value)| (&**key, &**value)).collect()
}

#[track_caller]
fn unseen(what: &str, printed: &str) {
    assert!(!printed.is_empty(), "{what}: nothing is printed, so nothing is looked at");
    assert_eq!(secrets().found_in(printed.as_bytes()), [], "{what}");
}

async fn ended(what: &str, arguments: &[&str], environment: &[(String, String)]) -> i32 {
    let ended = run(arguments, &borrowed(environment)).await;
    unseen(what, &format!("{}\n{}", ended.stdout, ended.stderr));
    ended.code
}

async fn locked_redis() -> (RedisServer, World) {
    let redis = RedisServer::start_with(&["--requirepass", "zebra-of-redis"]);
    let world = World::new(&redis.url(), brisk(), &[]).await;
    (redis, world)
}

#[tokio::test]
async fn every_secret_key_there_is_has_a_value_here() {
    let (redis, _world) = locked_redis().await;
    let known = Config::known_keys();
    let secret = known.iter().filter_map(|key| key.strip_suffix("_file"));
    let values = values(&redis);
    let missing: Vec<_> =
        secret.filter(|it| !PUBLIC.contains(it) && !values.contains_key(it)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[tokio::test]
async fn right_ones_are_seen_nowhere_while_the_service_runs() {
    let (redis, world) = locked_redis().await;
    let environment = environment(&world, &values(&redis));
    ended("check", &["check"], &environment).await;
    assert_eq!(ended("check --offline", &["check", "--offline"], &environment).await, 0);
    for (index, log) in [(1, "debug"), (2, "trace")] {
        let all = [&borrowed(&environment)[..], &[("RUST_LOG", log)]].concat();
        let pombo = Pombo::serve_with(&[], &all).await;
        // Providers refuse the tokens, nobody takes the events, and a stranger calls, too.
        let request = login(&number(index, "00"));
        assert!(pombo.try_issue(request.clone()).await.is_err());
        let issued = pombo.client().await.issue_code(keyed(CALLER, request)).await;
        let id = issued.unwrap().into_inner().challenge_id;
        pombo
            .stderr
            .wait_for("its end", |line| line.contains("concluded") && line.contains(&id))
            .await;
        let pages =
            [pombo.page("/metrics").await, pombo.page("/readyz").await, pombo.page("/").await];
        unseen("the admin listener", &pages.concat());
        let keys = reqwest::get(super::keys_url(&pombo)).await.unwrap().text().await.unwrap();
        unseen("the key set", &keys);
        pombo.terminate().await;
        pombo.stderr.wait_for("its end", |line| line.contains("\"stopped\"")).await;
        let level = log.to_uppercase();
        pombo.stderr.wait_for("lines of that level", |line| line.contains(&level)).await;
        unseen("the log", &[pombo.stdout.all(), pombo.stderr.all()].concat().join("\n"));
    }
}

#[tokio::test]
async fn wrong_ones_are_told_by_their_key_alone() {
    let (redis, world) = locked_redis().await;
    let right = values(&redis);
    for (key, value) in &right {
        // A stray blank; the value of another key; a whole line of a file.
        for wrong in
            [format!("{value} x"), format!("{key} = \"{value}\""), format!("x{value}\u{7}")]
        {
            let changed = BTreeMap::from([(*key, wrong)]);
            let environment =
                environment(&world, &right.clone().into_iter().chain(changed).collect());
            for command in ["check", "serve"] {
                let what = format!("{command} with another {key}");
                if *key != "store.client_key" {
                    assert_ne!(ended(&what, &[command], &environment).await, 0, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_holds_them_is_not_shown_whatever_is_wrong_with_it() {
    let (redis, world) = locked_redis().await;
    let values = values(&redis);
    let whole: String = values.iter().map(|(key, value)| format!("{key} = {value:?}\n")).collect();
    let broken = [
        whole.replace("keys.index = ", "keys.index == "),
        whole.replace("\"\n", "\n"),
        format!("{whole}keys.ring = \"{}\"\n", RING[0]),
        whole.replace("keys.ring", "keys.rings"),
    ];
    for (number, text) in broken.iter().enumerate() {
        let path = file(text);
        let arguments = ["serve", "--config", path.to_str().unwrap()];
        assert_ne!(ended(&format!("file {number}"), &arguments, &[]).await, 0);
    }
    for key in ["keys.index", "keys.ring", "store.client_key"] {
        let path = file(&values[key]);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let mut environment = environment(&world, &values);
        environment.retain(|(name, _)| *name != variable(key));
        environment.push((format!("{}_FILE", variable(key)), path.to_str().unwrap().to_owned()));
        let what = format!("{key} in a file for everybody");
        assert_ne!(ended(&what, &["serve"], &environment).await, 0, "{what}");
    }
}
