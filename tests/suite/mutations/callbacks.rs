//! Bodies of webhooks, signed as their providers would sign them, so that they are read.

use std::collections::BTreeMap;

use pombo::simulator::meta;
use serde_json::{Value, json};

use super::{chance, mutated, rounds};
use crate::support::{
    all,
    pombo::Pombo,
    world::{World, brisk, number},
};

/// Callbacks at once.
const AT_ONCE: usize = 8;

/// What a flood may leave in memory, in KiB.
const ROOM: u64 = 24 * 1024;

/// A receipt of this challenge's message, and a notice.
fn valid(id: &str) -> [Vec<u8>; 2] {
    let status = json!({
        "id": "wamid.none",
        "status": "failed",
        "timestamp": "1700000000",
        "recipient_id": "5511900000100",
        "biz_opaque_callback_data": format!("{id}.1"),
        "errors": [{ "code": 131026, "title": "Message undeliverable" }],
    });
    let paused = json!({
        "event": "PAUSED", "message_template_name": "otp", "message_template_language": "en-US",
        "other_info": { "title": "FIRST_PAUSE" },
    });
    let body = |field: &str, value: Value| {
        let entry = json!({ "id": "1", "changes": [{ "field": field, "value": value }] });
        json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string().into_bytes()
    };
    let receipts = json!({ "messaging_product": "whatsapp", "statuses": [status] });
    [body("messages", receipts), body("message_template_status_update", paused)]
}

/// Posts these, one after another; how often each status was the answer.
async fn post(url: String, bodies: Vec<Vec<u8>>) -> BTreeMap<u16, usize> {
    let (client, secret) = (reqwest::Client::new(), brisk().meta.app_secret);
    let mut answers = BTreeMap::new();
    for body in bodies {
        let call = client.post(&url).header("X-Hub-Signature-256", meta::sign(&secret, &body));
        let status = call.body(body).send().await.unwrap().status().as_u16();
        *answers.entry(status).or_default() += 1;
    }
    answers
}

async fn flood(pombo: &Pombo, valid: &[Vec<u8>; 2], rounds: usize) -> BTreeMap<u16, usize> {
    let mut rng = chance("callbacks");
    let url = format!("http://{}/webhooks/whatsapp", pombo.webhooks);
    let floods = (0..AT_ONCE).map(|_| {
        let each = rounds / AT_ONCE / valid.len();
        let bodies = (0..each).flat_map(|_| valid).map(|it| mutated(it, &mut rng)).collect();
        post(url.clone(), bodies)
    });
    let mut sum = BTreeMap::new();
    for answers in all(floods.collect::<Vec<_>>()).await {
        answers.into_iter().for_each(|(status, count)| *sum.entry(status).or_default() += count);
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_is_almost_one_is_answered() {
    let world = World::new("memory:", brisk(), &[]).await;
    let pombo = world.serve_with_a_quiet_log().await;
    let valid = valid(&pombo.issue(&number(1, "03")).await.challenge_id);
    flood(&pombo, &valid, rounds() / 10).await;
    let warm = pombo.resident_kib();
    let answers = flood(&pombo, &valid, rounds()).await;
    let after = pombo.resident_kib();
    println!("changed callbacks were answered {answers:?}; {warm} KiB before, {after} KiB after");
    assert_eq!(answers.keys().collect::<Vec<_>>(), [&200], "what is signed is taken or skipped");
    assert!(after < warm + ROOM, "memory stays flat");
    assert_eq!(pombo.page("/readyz").await, "ready");
}
