//! Somebody carries off the Redis, both replicas' logs and their metrics, and knows everything but the
//! keys: no number and no code comes out of it. With the keys it does, so it is they that protect.

use std::{fs, path::PathBuf, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::{
    grpc::proto::{self, IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest},
    otp::Keyring,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    ANY_ODDS, NO_WAITS, Siege, session,
    siege::{by, index_key, ring_key},
    wrong_codes,
};
use crate::support::{
    all, long, outsider::told, pombo::guess, redis_server::RedisServer, world::SOON,
};

/// The range of the numbers, but for their last five digits.
const RANGE: &str = "5511972000000";

pub fn range() -> &'static str {
    &RANGE[..8]
}

/// WhatsApp; SMS at once; SMS after a receipt; off; receipts twice.
fn number(n: usize) -> String {
    format!("+{}{n:03}{}", range(), ["00", "01", "02", "03", "05"][n % 5])
}

/// A folder, gone with its test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("pombo-spoils-{:016x}", rand::random::<u64>()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn keep(&self, name: &str, data: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name.replace(' ', "-"));
        fs::write(&path, data).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One flow: a wrong guess at each, some are sent again, verified, ended, or go on.
async fn flow(siege: &Siege, n: usize) {
    let to = number(n);
    let purposes = [Purpose::Login, Purpose::Recovery, Purpose::Transaction, Purpose::Signup];
    let purpose = purposes[n % purposes.len()];
    let transaction = (purpose == Purpose::Transaction).then(|| Transaction {
        amount: "99.50".to_owned(),
        currency: "BRL".to_owned(),
        payee: format!("Quitanda {n}"),
        reference: String::new(),
    });
    let ask = IssueCodeRequest {
        client_ip: "192.0.2.1".to_owned(),
        idempotency_key: format!("ask {n}"),
        transaction: transaction.clone(),
        ..session(&to, purpose, &format!("subject {n}"))
    };
    let id = siege.issue(n, "bank", ask).await.unwrap().challenge_id;
    let code = siege.code_of(&to, &id).await;
    if n.is_multiple_of(3) {
        siege.resend(n + 1, "bank", &id).await.unwrap();
    }
    let offer =
        |code: &str| VerifyCodeRequest { transaction: transaction.clone(), ..guess(&id, code) };
    let wrong = wrong_codes(&siege.codes(&to), 1).remove(0);
    siege.verify(n, "bank", offer(&wrong)).await.unwrap();
    match n % 7 {
        0..3 => drop(siege.verify(n + 1, "bank", offer(&code)).await.unwrap()),
        3 => siege.cancel("bank", &id).await,
        _ => {}
    }
    // What goes wrong is logged, too.
    let report = proto::ReportOutcomeRequest { challenge_id: id, outcome: 1, occur_time: None };
    siege.client(n).report_outcome(by("bank", report)).await.unwrap();
    let odd = session(&format!("{to}0000"), purpose, "x");
    siege.issue(n, "bank", odd).await.unwrap_err();
}

/// Everything that was written down anywhere, and what a raid is handed of it.
async fn carried_off(siege: &Siege, folder: &Folder) -> Value {
    assert_eq!(siege.redis.ask(&["SAVE"]).await.trim(), "OK");
    let told = siege.redis.ask(&["CONFIG", "GET", "dir"]).await;
    let dump = format!("{}/dump.rdb", told.lines().nth(1).unwrap());
    let mut files = json!({ "dump": dump });
    for (n, replica) in siege.replicas.iter().enumerate() {
        let log = [replica.stderr.all(), replica.stdout.all()].concat().join("\n");
        assert!(log.contains("challenge concluded") && log.contains("DEBUG"), "it was talkative");
        let texts = [("log", log), ("metrics", replica.page("/metrics").await)];
        for (kind, text) in texts {
            let name = format!("text {kind} {n}");
            files[&name] = folder.keep(&name, text).into();
        }
    }
    let sent = siege.world.simulator.inbox().messages(None);
    let codes: Vec<_> = sent.into_iter().map(|message| message.code).collect();
    let redis = siege.redis.port();
    json!({ "redis": redis, "files": files, "range": range(), "codes": codes, "recipes": 0, "keys": [], "unkeyed": true })
}

/// Keys that anybody would try: none, empty ones, and what the source makes of an empty root.
fn guessed_keys() -> Vec<Vec<u8>> {
    let lazy = Keyring::new([("k1".to_owned(), Zeroizing::new([0; 32]))]);
    let lazy = lazy.pepper("k1").unwrap().to_vec();
    let more = [vec![0; 32], b"pombo".to_vec(), b"secret".to_vec()];
    let most = if long() { more.len() } else { 0 };
    [vec![], lazy].into_iter().chain(more.into_iter().take(most)).collect()
}

fn with_keys(raid: &Value, recipes: usize, keys: &[Vec<u8>]) -> Value {
    let mut raid = raid.clone();
    let keys = keys.iter().map(|key| BASE64_STANDARD.encode(key));
    (raid["keys"], raid["recipes"]) = (keys.collect::<Vec<_>>().into(), recipes.into());
    raid
}

pub async fn raid(cases: Vec<Value>) -> Vec<Value> {
    let raids = tokio::task::spawn_blocking(move || told("spoils.py", &cases).unwrap());
    raids.await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(found: &Value) -> Vec<String> {
    let found = found["found"].as_array().unwrap().iter();
    found.map(|one| one[0].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_and_all_logs_give_no_number_and_no_code_away_without_the_keys() {
    let redis = RedisServer::start_with(&["--rdbcompression", "no"]);
    let ip = ("LIMITS__CLIENT_IP", "[]");
    let keyed = ("CODE__HASH", "keyed");
    let siege = Siege::over(redis, "debug", &[NO_WAITS, ANY_ODDS, SOON, ip, keyed]).await;
    let flows = if long() { 120 } else { 40 };
    let siege = Arc::new(siege);
    for start in (0..flows).step_by(10) {
        let some = start..start + 10;
        let some = some.map(|n| (Arc::clone(&siege), n));
        all(some.map(|(siege, n)| async move { flow(&siege, n).await })).await;
    }
    let folder = Folder::new();
    let spoils = carried_off(&siege, &folder).await;
    let pepper = Keyring::new([("k1".to_owned(), Zeroizing::new(ring_key()))]);
    let pepper = pepper.pepper("k1").unwrap().to_vec();
    let recipes = if long() { 20 } else { 1 };
    // Whoever has a key looks for what it opens, and for nothing else.
    let opened = |keys: &[Vec<u8>], recipes, range: &str| {
        let mut raid = with_keys(&spoils, recipes, keys);
        (raid["files"], raid["unkeyed"], raid["range"]) = (json!({}), false.into(), range.into());
        raid
    };
    let cases = vec![
        with_keys(&spoils, recipes, &guessed_keys()),
        opened(&[pepper], recipes, ""),
        opened(&[index_key().to_vec()], 0, range()),
    ];
    let raids = raid(cases).await;
    println!("{flows} flows; without the keys: {}", raids[0]);
    let count = |raid: &Value, kind: &str| kinds(raid).iter().filter(|it| *it == kind).count();
    assert_eq!(kinds(&raids[0]), Vec::<String>::new());
    let codes = count(&raids[1], "a code, hashed by key 0");
    let numbers = count(&raids[2], "a number, hashed by key 0");
    println!(
        "with the pepper: {codes} codes of {recipes} challenges; with the index key: {numbers} numbers"
    );
    assert_eq!(codes, recipes, "the pepper is what protects a code");
    assert!(numbers >= flows, "the index key is what protects a number");
}
