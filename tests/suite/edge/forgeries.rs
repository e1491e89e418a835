//! Only who holds a provider's secret is listened to.

use pombo::simulator::{meta, twilio};
use reqwest::{Client, StatusCode};

use super::{
    NOBODYS,
    webhooks::{APP_SECRET, AUTH_TOKEN, counted, post_twilio, post_whatsapp, receipt, silent},
    world,
};

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
    let twilio_url = format!("http://{}/webhooks/twilio?delivery={delivery}", pombo.webhooks);
    assert!(refuses(http.post(&whatsapp).body(body.clone()).send().await.unwrap().status()));
    assert!(refuses(http.post(&twilio_url).form(&form).send().await.unwrap().status()));
    // A good signature of another body, and of another address.
    let other = http.post(&whatsapp).header("x-hub-signature-256", meta::sign(APP_SECRET, b"{}"));
    assert!(refuses(other.body(body).send().await.unwrap().status()));
    let elsewhere = twilio::sign(&twilio_url.replace(".1", ".2"), &form, AUTH_TOKEN);
    let moved = http.post(&twilio_url).header("x-twilio-signature", elsewhere).form(&form);
    assert!(refuses(moved.send().await.unwrap().status()));

    assert_eq!(counted(&pombo, "whatsapp", "forged").await, 5.0);
    assert_eq!(counted(&pombo, "twilio", "forged").await, 5.0);
    assert_eq!(pombo.get(&challenge_id).await.deliveries.len(), 1, "no fallback was caused");
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let pombo = world(&[]).await.serve().await;
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(post_whatsapp(&pombo, huge, APP_SECRET).await, StatusCode::PAYLOAD_TOO_LARGE);
    let long = "x".repeat(64 * 1024);
    let status =
        post_twilio(&pombo, &format!("{NOBODYS}.1"), &[("MessageSid", &long)], AUTH_TOKEN).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(pombo.page("/readyz").await, "ready");
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
        assert!(refuses(reqwest::get(format!("{url}{query}")).await.unwrap().status()), "{query}");
    }
}
