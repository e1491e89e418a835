//! What keys do: they attest, they are rotated while the service goes on, and nobody sees them.

mod attested;

mod attested_twice;

mod rotation;

mod wrong_order;

mod index;

mod unseen;

mod forgotten;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use pombo::grpc::proto::{IssueCodeRequest, VerifyCodeRequest, VerifyCodeResponse, VerifyOutcome};
use serde_json::Value;

use crate::support::{
    pombo::{Pombo, guess, login},
    world::World,
};

/// Where the public keys are.
fn keys_url(pombo: &Pombo) -> String {
    format!("http://{}/.well-known/jwks.json", pombo.webhooks)
}

/// The public keys.
async fn key_set(pombo: &Pombo) -> Vec<Value> {
    let page = reqwest::get(keys_url(pombo)).await.unwrap().text().await.unwrap();
    let page: Value = serde_json::from_str(&page).unwrap();
    page["keys"].as_array().unwrap().clone()
}

/// A part of a token: its header (0) or its claims (1).
fn part(token: &str, part: usize) -> Value {
    let text = token.split('.').nth(part).unwrap_or_else(|| panic!("no token: {token:?}"));
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Issues a code and gives it; both under this caller's key, if there is one.
async fn verified(
    world: &World,
    pombo: &Pombo,
    key: &str,
    request: IssueCodeRequest,
) -> (VerifyCodeRequest, VerifyCodeResponse) {
    let mut client = pombo.client().await;
    let (to, transaction) = (request.recipient.clone(), request.transaction.clone());
    let before = world.simulator.inbox().messages(Some(&to)).len();
    let issued = client.issue_code(keyed(key, request)).await.unwrap().into_inner();
    // Nothing is sent to a test number.
    let code = match to.starts_with("+1555") {
        true => "424242".to_owned(),
        false => world.simulator.inbox().wait_for(&to, before + 1).await.remove(before).code,
    };
    let guess = VerifyCodeRequest {
        transaction,
        idempotency_key: "submit".to_owned(),
        ..guess(&issued.challenge_id, &code)
    };
    let answer = client.verify_code(keyed(key, guess.clone())).await.unwrap().into_inner();
    assert_eq!(answer.outcome(), VerifyOutcome::Verified);
    (guess, answer)
}

/// The token of a login.
async fn token(world: &World, pombo: &Pombo, key: &str, to: &str) -> String {
    verified(world, pombo, key, login(to)).await.1.attestation
}

fn keyed<T>(key: &str, message: T) -> tonic::Request<T> {
    crate::edge::keyed(key, message)
}
