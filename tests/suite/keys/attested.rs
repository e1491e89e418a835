//! What a caller can show to others, judged by another language's library of JOSE.

use pombo::grpc::proto::{IssueCodeRequest, Purpose, Transaction};
use serde_json::{Value, json};

use super::{claims, key_set, keys_url, part, token, verified};
use crate::{
    edge::callers::two_callers,
    support::{
        outsider,
        pombo::{Pombo, login},
        world::{World, number},
        wrong_clock::off_by,
    },
};

/// What a receiver has of a token, as the judge reads it.
fn received(pombo: &Pombo, token: &str, audience: &str) -> Value {
    let issuer = format!("http://{}", pombo.webhooks);
    json!({ "keys": keys_url(pombo), "token": token, "issuer": issuer, "audience": audience })
}

fn with(mut received: Value, more: Value) -> Value {
    received.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    received
}

/// A token of a login, with what it must say.
async fn of_login(world: &World, pombo: &Pombo) -> Value {
    let request =
        IssueCodeRequest { subject_id: "account 7".to_owned(), ..login(&number(1, "00")) };
    let (guess, answer) = verified(world, pombo, "bank key", request).await;
    let at = answer.verify_time.unwrap().seconds;
    let wanted = json!({
        "iat": at, "exp": at + 300, "jti": guess.challenge_id, "purpose": "login",
        "channel": "whatsapp", "subject_id": "account 7",
    });
    let received = received(pombo, &answer.attestation, "bank");
    with(received, json!({ "claims": wanted, "transaction": null }))
}

/// A token of a payment, which the payee describes in a spelling of its own.
async fn of_payment(world: &World, pombo: &Pombo, given: [&str; 4], known: [&str; 4]) -> Value {
    let [amount, currency, payee, reference] = given.map(str::to_owned);
    let request = IssueCodeRequest {
        purpose: Purpose::Transaction.into(),
        transaction: Some(Transaction { amount, currency, payee, reference }),
        // WhatsApp refuses it.
        ..login(&number(2, "01"))
    };
    let (_, answer) = verified(world, pombo, "bank key", request).await;
    let wanted = json!({ "purpose": "transaction", "channel": "sms", "subject_id": null });
    let received = received(pombo, &answer.attestation, "bank");
    with(received, json!({ "claims": wanted, "transaction": known }))
}

/// Tokens that are whole and must not be taken, each with what is wrong with it.
async fn not_to_be_taken(world: &World, pombo: &Pombo) -> Vec<Value> {
    let elsewhere = [
        ("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0"),
        ("POMBO_KEYS__RING", "k1:5MCqrTO2wTyeJMbkhBGRjpcVAdeySGUrTyW3TsXxROE="),
    ];
    let stranger = world.serve_under(&elsewhere).await;
    let foreign = token(world, &stranger, "bank key", &number(3, "00")).await;
    let hour_ago = off_by(-3600);
    let slow = hour_ago.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>();
    let slow = world.serve_under(&[&slow[..], &elsewhere[..1]].concat()).await;
    let expired = token(world, &slow, "bank key", &number(4, "00")).await;
    vec![
        with(received(pombo, &foreign, "bank"), json!({ "error": "PyJWKClientError" })),
        with(received(pombo, &expired, "bank"), json!({ "error": "ExpiredSignatureError" })),
    ]
}

#[tokio::test]
async fn another_languages_library_takes_what_we_attest_and_nothing_else() {
    let world = two_callers(&[]).await;
    let pombo = world.serve().await;
    let odd = "Padaria \"São João\" \\ ü\u{2028}😀";
    let mut cases = vec![of_login(&world, &pombo).await];
    for (given, known) in [
        (["010.50", "BRL", odd, "order 7"], ["10.5", "BRL", odd, "order 7"]),
        (["10.00", "USD", "ACME", ""], ["0010", "USD", "ACME", ""]),
        (["0.10", "EUR", "ACME", "x"], ["0.1", "EUR", "ACME", "x"]),
    ] {
        cases.push(of_payment(&world, &pombo, given, known).await);
    }
    cases.extend(not_to_be_taken(&world, &pombo).await);
    assert_eq!(outsider::judge("attestations.py", &cases), Ok(cases.len()));
    // A judge that takes everything would say so as well.
    let other = with(cases[1].clone(), json!({ "transaction": ["11", "BRL", odd, "order 7"] }));
    assert!(outsider::judge("attestations.py", &[other]).unwrap_err().contains("another digest"));
}

#[tokio::test]
async fn who_has_no_name_is_attested_to_nobody() {
    let world = World::new("memory:", Default::default(), &[("ATTESTATION__TTL", "90s")]).await;
    let pombo = world.serve().await;
    let token = token(&world, &pombo, "", &number(1, "00")).await;
    let claims = claims(&token);
    assert_eq!(claims["exp"].as_u64().unwrap(), claims["iat"].as_u64().unwrap() + 90);
    assert_eq!((claims.get("aud"), claims.get("subject_id")), (None, None));
    let refused =
        with(received(&pombo, &token, "bank"), json!({ "error": "MissingRequiredClaimError" }));
    assert_eq!(outsider::judge("attestations.py", &[refused]), Ok(1));

    let dev = Pombo::dev(&[]).await;
    let to = number(1, "00");
    let id = dev.issue(&to).await.challenge_id;
    let code = dev.message(&to, 1).await.code;
    let token = dev.verify(&id, &code).await.attestation;
    assert_eq!(self::claims(&token)["iss"], "pombo");
    assert_eq!(part(&token, 0)["kid"], key_set(&dev).await[0]["kid"]);
}

#[tokio::test]
async fn what_was_sent_to_nobody_says_so() {
    let numbers = ("TEST_NUMBERS", "{\"+15550100001\" = \"424242\"}");
    let world = two_callers(&[numbers]).await;
    let pombo = world.serve().await;
    let token = token(&world, &pombo, "bank key", "+15550100001").await;
    assert_eq!(claims(&token)["channel"], "test");
    let refused = with(received(&pombo, &token, "bank"), json!({ "error": "InvalidTokenError" }));
    assert_eq!(outsider::judge("attestations.py", &[refused]), Ok(1));
}
