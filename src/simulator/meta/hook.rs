//! Meta's webhooks on the wire: escaped, signed, posted, and posted again until they are acknowledged.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::Value;
use sha2::Sha256;

use crate::simulator::world::World;

const SIGNATURE: &str = "X-Hub-Signature-256";
const PATH: &str = "/webhooks/whatsapp";
/// Meta goes on for seven days; a test would rather see an end.
const RETRIES: u32 = 6;

/// The value of `X-Hub-Signature-256` for these bytes.
#[must_use]
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub fn sign(app_secret: &str, raw: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("any key will do");
    mac.update(raw);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// JSON as Meta writes it: ASCII only, slashes escaped. Whoever parses it and writes it again before
/// checking the signature gets other bytes, and is found out.
#[must_use]
pub fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '/' => escaped.push_str("\\/"),
            c if c.is_ascii() => escaped.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped
}

/// Returns after the first attempt; if that fails, the retries go on by themselves.
pub(super) async fn post(world: &Arc<World>, payload: &Value) {
    let raw = escape(&payload.to_string()).into_bytes();
    if !attempt(world, &raw).await {
        let later = Arc::clone(world);
        world.spawn(async move { retry(&later, &raw).await });
    }
}

/// At once, then at growing gaps, then never again.
async fn retry(world: &World, raw: &[u8]) {
    let mut gap = Duration::ZERO;
    for _ in 0..RETRIES {
        tokio::time::sleep(gap).await;
        if attempt(world, raw).await {
            return;
        }
        gap = if gap.is_zero() { world.settings.pace.retry } else { gap * 2 };
    }
    tracing::warn!("a WhatsApp webhook was never acknowledged, and is dropped");
}

async fn attempt(world: &World, raw: &[u8]) -> bool {
    let Some(base) = world.webhook_base() else {
        return false;
    };
    let Some(call) = world.caller.post(&format!("{base}{PATH}")) else {
        return false;
    };
    let signature = sign(&world.settings.meta.app_secret, raw);
    let call = call.header(CONTENT_TYPE, "application/json").header(SIGNATURE, signature);
    let answer = call.body(raw.to_vec()).send().await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}
