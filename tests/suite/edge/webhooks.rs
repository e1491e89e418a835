//! Callbacks over the real listener: taken in once each, and only if they are about a message of ours.

use pombo::{
    grpc::proto::{self, Challenge, DeliveryStatus, VerifyOutcome, WatchChallengeRequest},
    simulator::{Behaviour, Channel, Fate, Step, meta, twilio},
};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio_stream::StreamExt;

use super::{NOBODYS, NUMBER, world};
use crate::support::{
    pombo::{Pombo, login},
    world::World,
};

pub const APP_SECRET: &str = "simulated-app-secret";
pub const AUTH_TOKEN: &str = "simulated-auth-token";

/// A service on whose first message no provider says anything by itself.
pub async fn silent() -> (World, Pombo, String) {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let quiet = || Fate::accept([Step::Arrive]);
    world.simulator.script(NUMBER, Behaviour { whatsapp: quiet(), sms: quiet() });
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    until(&pombo, &challenge_id, |c| c.deliveries[0].status() == DeliveryStatus::Accepted).await;
    (world, pombo, challenge_id)
}

/// Watches a challenge until it is as hoped for.
async fn until(pombo: &Pombo, challenge_id: &str, is: impl Fn(&Challenge) -> bool) -> Challenge {
    let watch = WatchChallengeRequest { challenge_id: challenge_id.to_owned() };
    let mut changes = pombo.client().await.watch_challenge(watch).await.unwrap().into_inner();
    while let Some(change) = changes.next().await {
        let challenge = change.unwrap().challenge.unwrap();
        if is(&challenge) {
            return challenge;
        }
    }
    panic!("the challenge concluded otherwise");
}

pub fn receipt(delivery: &str, message_id: &str, status: &str) -> Value {
    let status = json!({
        "id": message_id, "status": status, "timestamp": "1750030073", "biz_opaque_callback_data": delivery,
    });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
        { "field": "messages", "value": { "messaging_product": "whatsapp", "statuses": [status] } },
    ]}]})
}

pub async fn post_whatsapp(pombo: &Pombo, body: impl Into<Vec<u8>>, secret: &str) -> StatusCode {
    let body = body.into();
    let url = format!("http://{}/webhooks/whatsapp", pombo.webhooks);
    let call = Client::new().post(url).header("x-hub-signature-256", meta::sign(secret, &body));
    call.body(body).send().await.unwrap().status()
}

pub async fn post_twilio(
    pombo: &Pombo,
    delivery: &str,
    form: &[(&str, &str)],
    token: &str,
) -> StatusCode {
    let url = format!("http://{}/webhooks/twilio?delivery={delivery}", pombo.webhooks);
    let call =
        Client::new().post(&url).header("x-twilio-signature", twilio::sign(&url, form, token));
    call.form(form).send().await.unwrap().status()
}

pub async fn counted(pombo: &Pombo, source: &str, result: &str) -> f64 {
    let series = format!("pombo_webhooks_total{{source=\"{source}\",result=\"{result}\"}}");
    pombo.metrics().await.get(&series).copied().unwrap_or_default()
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
    world.simulator.script(NUMBER, Behaviour::well().whatsapp(read));
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    until(&pombo, &challenge_id, |c| c.deliveries[0].status() == DeliveryStatus::Read).await;
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    // All five callbacks have come in, and only the first one changed anything.
    pombo.stderr.wait_for("read", |line| line.contains("\"status\":\"read\"")).await;
    while counted(&pombo, "whatsapp", "taken").await < 5.0 {
        tokio::task::yield_now().await;
    }
    let seen = pombo.get(&challenge_id).await;
    assert_eq!((seen.deliveries.len(), seen.deliveries[0].status()), (1, DeliveryStatus::Read));
    let reads = "pombo_deliveries_total{channel=\"whatsapp\",sender=\"cloud\",status=\"read\"}";
    assert_eq!(pombo.metrics().await[reads], 1.0);
    assert_eq!(pombo.verify(&challenge_id, &code).await.outcome(), VerifyOutcome::Verified);
    assert_eq!(world.simulator.requests(NUMBER, Channel::Sms), 0);
}

#[tokio::test]
async fn receipts_of_unknown_challenges_and_foreign_messages_are_ignored_and_counted() {
    let (_world, pombo, challenge_id) = silent().await;
    let whatsapp =
        [format!("{NOBODYS}.1"), format!("{challenge_id}.1"), format!("{challenge_id}.4")];
    for delivery in &whatsapp {
        let body = receipt(delivery, "wamid.foreign", "failed").to_string();
        assert_eq!(post_whatsapp(&pombo, body, APP_SECRET).await, StatusCode::OK);
    }
    assert_eq!(counted(&pombo, "whatsapp", "ignored").await, 3.0);
    let form = [("MessageSid", "SM00000000000000000000000000000000"), ("MessageStatus", "failed")];
    for delivery in &whatsapp {
        assert_eq!(post_twilio(&pombo, delivery, &form, AUTH_TOKEN).await, StatusCode::OK);
    }
    assert_eq!(counted(&pombo, "twilio", "ignored").await, 3.0);
    let seen = pombo.get(&challenge_id).await;
    assert_eq!((seen.deliveries.len(), seen.deliveries[0].status()), (1, DeliveryStatus::Accepted));

    // Genuine, but not about any message of ours, or not readable at all.
    let chat = json!({ "entry": [{ "changes": [{ "field": "messages", "value": { "messages": [{ "type": "text" }] } }] }] });
    assert_eq!(post_whatsapp(&pombo, chat.to_string(), APP_SECRET).await, StatusCode::OK);
    assert_eq!(counted(&pombo, "whatsapp", "skipped").await, 1.0);
    for body in ["", "[]", "{", "\u{0}", "{\"entry\":7}"] {
        assert_eq!(post_whatsapp(&pombo, body, APP_SECRET).await, StatusCode::OK);
    }
    assert_eq!(counted(&pombo, "whatsapp", "malformed").await, 5.0);
    assert_eq!(post_twilio(&pombo, "nonsense", &form, AUTH_TOKEN).await, StatusCode::OK);
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
    assert_eq!(concluded.conclusion_reason(), proto::ConclusionReason::NotRequestedByRecipient);
}
