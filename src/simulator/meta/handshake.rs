//! The handshake by which Meta makes sure that a webhook wants its events.

use rand::random;
use reqwest::Url;

use crate::simulator::world::World;

/// Why a webhook did not pass.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HandshakeError {
    #[error("no webhook address has been set, or it is not a URL")]
    NoAddress,
    #[error("the webhook did not answer")]
    NoAnswer,
    #[error("the webhook answered {0}")]
    Refused(u16),
    #[error("the webhook answered 200 with something other than the challenge")]
    WrongEcho,
}

pub(crate) async fn handshake(world: &World, verify_token: &str) -> Result<(), HandshakeError> {
    let challenge = random::<u32>().to_string();
    let url = address(world, verify_token, &challenge).ok_or(HandshakeError::NoAddress)?;
    let answer = world.caller.get(url.as_str()).await.ok_or(HandshakeError::NoAnswer)?;
    match answer.status().as_u16() {
        200 => match answer.text().await {
            Ok(echo) if echo == challenge => Ok(()),
            Ok(_) => Err(HandshakeError::WrongEcho),
            Err(_) => Err(HandshakeError::NoAnswer),
        },
        status => Err(HandshakeError::Refused(status)),
    }
}

fn address(world: &World, verify_token: &str, challenge: &str) -> Option<Url> {
    let mut url = Url::parse(&format!("{}/webhooks/whatsapp", world.webhook_base()?)).ok()?;
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", challenge)
        .append_pair("hub.verify_token", verify_token);
    Some(url)
}
