//! What Meta tells us: the handshake, the signature, receipts and taps.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{
    cloud, errors,
    notices::{self, Ours},
};
use crate::{
    delivery::{Callback, Malformed, Receipt, reaction::Reaction},
    otp::{DeliveryStatus, Time},
};

/// Whether a body comes from Meta: `X-Hub-Signature-256` against the bytes as they came in. Meta
/// signs its own escaping of them, so JSON written anew would not match.
///
/// Without a secret nothing is genuine: with an empty key anybody could sign.
pub fn verify_signature(app_secret: &SecretString, header: &str, body: &[u8]) -> bool {
    let secret = app_secret.expose_secret();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    let mac: [u8; 32] = mac.finalize().into_bytes().into();
    let expected = mac.iter().fold("sha256=".to_owned(), |hex, byte| format!("{hex}{byte:02x}"));
    !secret.is_empty() && expected.as_bytes().ct_eq(header.as_bytes()).into()
}

/// Meta's check that the address is ours: the challenge to answer with, as `text/plain`, if the
/// query of the GET holds the token that was agreed. Anything else deserves a 403.
pub fn handshake(verify_token: &SecretString, query: &str) -> Option<String> {
    let find = |name| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let expected = verify_token.expose_secret().as_bytes();
    let token = find("hub.verify_token")?;
    let known = !expected.is_empty() && bool::from(expected.ct_eq(token.as_bytes()));
    let subscribing = find("hub.mode")? == "subscribe";
    (known && subscribing).then(|| find("hub.challenge")).flatten()
}

/// What one POST held.
#[derive(Default)]
pub struct Batch {
    /// What concerns us, in the order it stands there, which is not the order it happened in.
    pub callbacks: Vec<Callback>,
    /// How many notices did not: chat messages, receipts of other programs' messages, unknown
    /// statuses, account and template news.
    pub skipped: usize,
}

/// Reads a body whose signature is good. Up to 1,000 notices come at once; one that is odd is
/// skipped and spoils none of the others.
pub fn parse(body: &[u8], ours: &Ours) -> Result<Batch, Malformed> {
    let root: Value = serde_json::from_slice(body).map_err(|_| Malformed("not JSON"))?;
    let entries = root["entry"].as_array().ok_or(Malformed("no entries"))?;
    let mut batch = Batch::default();
    entries.iter().for_each(|entry| batch.read_entry(entry, ours, cloud::NAME));
    Ok(batch)
}

impl Batch {
    /// Reads one `entry`, which is also all that arrives where Meta is reached through AWS. `teller`
    /// is the sender by which it came, for the log.
    pub fn read_entry(&mut self, entry: &Value, ours: &Ours, teller: &str) {
        for change in list(&entry["changes"]) {
            let value = &change["value"];
            match change["field"].as_str() {
                Some("messages") => {
                    list(&value["statuses"]).for_each(|status| self.add(receipt(status, teller)));
                    list(&value["messages"]).for_each(|message| self.add(tap(message)));
                }
                Some(field) => {
                    let notice = notices::read(&entry["id"], field, value, ours);
                    self.add(notice.map(Callback::Notice));
                }
                None => self.skipped += 1,
            }
        }
    }

    /// Takes a notice in, if it concerns us.
    pub(super) fn add(&mut self, callback: Option<Callback>) {
        match callback {
            Some(callback) => self.callbacks.push(callback),
            None => self.skipped += 1,
        }
    }
}

fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// A status of one of our messages. Of whom it tells is not read: the number may be missing.
fn receipt(status: &Value, teller: &str) -> Option<Callback> {
    let delivery = status["biz_opaque_callback_data"].as_str()?.parse().ok()?;
    let reached = match status["status"].as_str()? {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" => DeliveryStatus::Read,
        "failed" => DeliveryStatus::Failed,
        // `played` is of voice messages.
        _ => return None,
    };
    Some(Callback::Receipt(Receipt {
        delivery,
        message_id: status["id"].as_str()?.to_owned(),
        status: reached,
        failure: (reached == DeliveryStatus::Failed).then(|| failure(status, teller)),
        at: unix_seconds(&status["timestamp"]),
    }))
}

/// Why a message failed, in Meta's words of it: a receipt's, or the detail of an event of EventBridge.
pub(super) fn failure(told: &Value, teller: &str) -> Reaction {
    let code = told["errors"][0]["code"].as_i64();
    let reaction = errors::judge(code, None);
    reaction.warn(teller, code);
    reaction
}

/// A string in all of Meta's examples; a number is understood too.
fn unix_seconds(timestamp: &Value) -> Option<Time> {
    let text = timestamp.as_str().and_then(|text| text.parse().ok());
    text.or_else(|| timestamp.as_u64()).map(Time::from_secs)
}

/// The tap on "I didn't request a code"; its context names the message that held the code.
fn tap(message: &Value) -> Option<Callback> {
    let tapped =
        message["type"] == "button" && message["button"]["payload"] == "DID_NOT_REQUEST_CODE";
    let message_id = message["context"]["id"].as_str()?.to_owned();
    tapped.then_some(Callback::NotRequested { message_id })
}
