//! Callbacks over the real listener: only genuine ones, and none of them twice.

use pombo::{
    grpc::proto::{self, Challenge, DeliveryStatus, VerifyOutcome, WatchChallengeRequest},
    simulator::{Behaviour, Channel, Fate, Step, meta, twilio},
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio_stream::StreamExt;

use super::world;
use crate::support::{
    pombo::{Pombo, login},
    world::World,
};

const NUMBER: &str = "+5511987654300";
const NOBODYS: &str = "ch_0000000000000000000000000000000000000000000000000000";
const APP_SECRET: &str = "simulated-app-secret";
const AUTH_TOKEN: &str = "simulated-auth-token";

/// A service on whose first message no provider says anything by itself.
async fn silent() -> (World, Pombo, String) {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let quiet = || Fate::accept([Step::Arrive]);
    world.simulator.script(
        NUMBER,
        Behaviour {
            whatsapp: quiet(),
            sms: quiet(),
        },
    );
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    until(&pombo, &challenge_id, |c| {
        c.deliveries[0].status() == DeliveryStatus::Accepted
    })
    .await;
    (world, pombo, challenge_id)
}

/// Watches a challenge until it is as hoped for.
async fn until(pombo: &Pombo, challenge_id: &str, is: impl Fn(&Challenge) -> bool) -> Challenge {
    let watch = WatchChallengeRequest {
        challenge_id: challenge_id.to_owned(),
    };
    let mut changes = pombo
        .client()
        .await
        .watch_challenge(watch)
        .await
        .unwrap()
        .into_inner();
    while let Some(change) = changes.next().await {
        let challenge = change.unwrap().challenge.unwrap();
        if is(&challenge) {
            return challenge;
        }
    }
    panic!("the challenge concluded otherwise");
}

fn receipt(delivery: &str, message_id: &str, status: &str) -> Value {
    let status = json!({
        "id": message_id, "status": status, "timestamp": "1750030073", "biz_opaque_callback_data": delivery,
    });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
        { "field": "messages", "value": { "messaging_product": "whatsapp", "statuses": [status] } },
    ]}]})
}

async fn post_whatsapp(pombo: &Pombo, body: impl Into<Vec<u8>>, secret: &str) -> StatusCode {
    let body = body.into();
    let url = format!("http://{}/webhooks/whatsapp", pombo.webhooks);
    let call = Client::new()
        .post(url)
        .header("x-hub-signature-256", meta::sign(secret, &body));
    call.body(body).send().await.unwrap().status()
}

async fn post_twilio(
    pombo: &Pombo,
    delivery: &str,
    form: &[(&str, &str)],
    token: &str,
) -> StatusCode {
    let url = format!(
        "http://{}/webhooks/twilio?delivery={delivery}",
        pombo.webhooks
    );
    let call = Client::new()
        .post(&url)
        .header("x-twilio-signature", twilio::sign(&url, form, token));
    call.form(form).send().await.unwrap().status()
}

async fn counted(pombo: &Pombo, source: &str, result: &str) -> f64 {
    let series = format!("pombo_webhooks_total{{source=\"{source}\",result=\"{result}\"}}");
    pombo
        .metrics()
        .await
        .get(&series)
        .copied()
        .unwrap_or_default()
}

fn refuses(status: StatusCode) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status)
}

#[tokio::test]
async fn a_forged_callback_is_refused_and_counted() {
    let (_world, pombo, challenge_id) = silent().await;
    let delivery = format!("{challenge_id}.1");
    let body = receipt(&delivery, "wamid.x", "failed").to_string();
    let form = [("MessageSid", "SM1"), ("MessageStatus", "failed")];
    for secret in ["", "another secret", AUTH_TOKEN] {
        assert!(refuses(post_whatsapp(&pombo, body.clone(), secret).await));
    }
    for token in ["", "another token", APP_SECRET] {
        assert!(refuses(post_twilio(&pombo, &delivery, &form, token).await));
    }
    let http = Client::new();
    let whatsapp = format!("http://{}/webhooks/whatsapp", pombo.webhooks);
    let twilio_url = format!(
        "http://{}/webhooks/twilio?delivery={delivery}",
        pombo.webhooks
    );
    assert!(refuses(
        http.post(&whatsapp)
            .body(body.clone())
            .send()
            .await
            .unwrap()
            .status()
    ));
    assert!(refuses(
        http.post(&twilio_url)
            .form(&form)
            .send()
            .await
            .unwrap()
            .status()
    ));
    // A good signature of another body, and of another address.
    let other = http
        .post(&whatsapp)
        .header("x-hub-signature-256", meta::sign(APP_SECRET, b"{}"));
    assert!(refuses(other.body(body).send().await.unwrap().status()));
    let elsewhere = twilio::sign(&twilio_url.replace(".1", ".2"), &form, AUTH_TOKEN);
    let moved = http
        .post(&twilio_url)
        .header("x-twilio-signature", elsewhere)
        .form(&form);
    assert!(refuses(moved.send().await.unwrap().status()));

    assert_eq!(counted(&pombo, "whatsapp", "forged").await, 5.0);
    assert_eq!(counted(&pombo, "twilio", "forged").await, 5.0);
    assert_eq!(
        pombo.get(&challenge_id).await.deliveries.len(),
        1,
        "no fallback was caused"
    );
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let pombo = world(&[]).await.serve().await;
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(
        post_whatsapp(&pombo, huge, APP_SECRET).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let long = "x".repeat(64 * 1024);
    let status = post_twilio(
        &pombo,
        &format!("{NOBODYS}.1"),
        &[("MessageSid", &long)],
        AUTH_TOKEN,
    )
    .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(pombo.page("/readyz").await, "ready");
}

#[tokio::test]
async fn read_without_delivered_is_read_and_the_plan_stops() {
    let world = world(&[("DELIVERY__UNDELIVERED", "2s")]).await;
    let pombo = world.serve().await;
    let read = Fate::accept([
        Step::Arrive,
        Step::Read,
        Step::Read,
        Step::Delivered,
        Step::Sent,
        Step::Delivered,
    ]);
    world
        .simulator
        .script(NUMBER, Behaviour::well().whatsapp(read));
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    until(&pombo, &challenge_id, |c| {
        c.deliveries[0].status() == DeliveryStatus::Read
    })
    .await;
    let code = world
        .simulator
        .inbox()
        .wait_for(NUMBER, 1)
        .await
        .remove(0)
        .code;
    // All five callbacks have come in, and only the first one changed anything.
    pombo
        .stderr
        .wait_for("read", |line| line.contains("\"status\":\"read\""))
        .await;
    while counted(&pombo, "whatsapp", "taken").await < 5.0 {
        tokio::task::yield_now().await;
    }
    let seen = pombo.get(&challenge_id).await;
    assert_eq!(
        (seen.deliveries.len(), seen.deliveries[0].status()),
        (1, DeliveryStatus::Read)
    );
    let reads = "pombo_deliveries_total{channel=\"whatsapp\",sender=\"cloud\",status=\"read\"}";
    assert_eq!(pombo.metrics().await[reads], 1.0);
    assert_eq!(
        pombo.verify(&challenge_id, &code).await.outcome(),
        VerifyOutcome::Verified
    );
    assert_eq!(world.simulator.requests(NUMBER, Channel::Sms), 0);
}

#[tokio::test]
async fn receipts_of_unknown_challenges_and_foreign_messages_are_ignored_and_counted() {
    let (_world, pombo, challenge_id) = silent().await;
    let whatsapp = [
        format!("{NOBODYS}.1"),
        format!("{challenge_id}.1"),
        format!("{challenge_id}.4"),
    ];
    for delivery in &whatsapp {
        let body = receipt(delivery, "wamid.foreign", "failed").to_string();
        assert_eq!(
            post_whatsapp(&pombo, body, APP_SECRET).await,
            StatusCode::OK
        );
    }
    assert_eq!(counted(&pombo, "whatsapp", "ignored").await, 3.0);
    let form = [
        ("MessageSid", "SM00000000000000000000000000000000"),
        ("MessageStatus", "failed"),
    ];
    for delivery in &whatsapp {
        assert_eq!(
            post_twilio(&pombo, delivery, &form, AUTH_TOKEN).await,
            StatusCode::OK
        );
    }
    assert_eq!(counted(&pombo, "twilio", "ignored").await, 3.0);
    let seen = pombo.get(&challenge_id).await;
    assert_eq!(
        (seen.deliveries.len(), seen.deliveries[0].status()),
        (1, DeliveryStatus::Accepted)
    );

    // Genuine, but not about any message of ours, or not readable at all.
    let chat = json!({ "entry": [{ "changes": [{ "field": "messages", "value": { "messages": [{ "type": "text" }] } }] }] });
    assert_eq!(
        post_whatsapp(&pombo, chat.to_string(), APP_SECRET).await,
        StatusCode::OK
    );
    assert_eq!(counted(&pombo, "whatsapp", "skipped").await, 1.0);
    for body in ["", "[]", "{", "\u{0}", "{\"entry\":7}"] {
        assert_eq!(
            post_whatsapp(&pombo, body, APP_SECRET).await,
            StatusCode::OK
        );
    }
    assert_eq!(counted(&pombo, "whatsapp", "malformed").await, 5.0);
    assert_eq!(
        post_twilio(&pombo, "nonsense", &form, AUTH_TOKEN).await,
        StatusCode::OK
    );
    assert_eq!(counted(&pombo, "twilio", "malformed").await, 1.0);
}

#[tokio::test]
async fn a_tap_cancels_the_challenge_once() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let number = "+5511987654309";
    let challenge_id = pombo.try_issue(login(number)).await.unwrap().challenge_id;
    let concluded = until(&pombo, &challenge_id, |c| c.conclude_time.is_some()).await;
    assert_eq!(concluded.state(), proto::ChallengeState::Cancelled);
    assert_eq!(
        concluded.conclusion_reason(),
        proto::ConclusionReason::NotRequestedByRecipient
    );
}

#[tokio::test]
async fn the_handshake_wants_the_agreed_token() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    world.simulator.handshake().await.unwrap();
    for token in ["", "another token", "simulated-verify-token "] {
        world.simulator.handshake_with(token).await.unwrap_err();
    }
    let url = format!("http://{}/webhooks/whatsapp", pombo.webhooks);
    for query in [
        "",
        "?hub.mode=subscribe&hub.challenge=1",
        "?hub.mode=unsubscribe&hub.verify_token=simulated-verify-token&hub.challenge=1",
    ] {
        assert!(
            refuses(
                reqwest::get(format!("{url}{query}"))
                    .await
                    .unwrap()
                    .status()
            ),
            "{query}"
        );
    }
}
