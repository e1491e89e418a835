//! An HTTPS endpoint: one POST an event, signed by the rules of Standard Webhooks
//! (<https://www.standardwebhooks.com>), so that receivers find a library in their language.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Response, Url, header};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

use super::{CloudEvent, Sink, Verdict, event::CONTENT_TYPE, sink::LIMIT};
use crate::{
    delivery::http_client::{self, SetupError},
    otp::Time,
};

/// The longest that a receiver may ask to be left alone.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// An endpoint that takes events.
pub struct Https {
    client: Client,
    url: Url,
    secrets: Vec<SecretSlice<u8>>,
}

impl Https {
    /// An endpoint, and the secrets that sign what it gets.
    ///
    /// # Errors
    ///
    /// The address is none, or the HTTP client can't be set up.
    pub fn new(url: &SecretString, secrets: Vec<SecretSlice<u8>>) -> Result<Self, SetupError> {
        let url: Url = url.expose_secret().parse().map_err(|_| SetupError::BaseUrl)?;
        Ok(Self { client: http_client::client(&url)?, url, secrets })
    }

    /// One signature for each secret, over id, time and body: nobody can change one of them, or send
    /// the whole again much later.
    fn signatures(&self, event: &CloudEvent, seconds: &str) -> String {
        let parts = [event.id.as_bytes(), b".", seconds.as_bytes(), b".", &event.body];
        let signed = self.secrets.iter().filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret()).ok()?;
            parts.iter().for_each(|part| mac.update(part));
            Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
        });
        signed.collect::<Vec<_>>().join(" ")
    }
}

#[async_trait]
impl Sink for Https {
    fn name(&self) -> &'static str {
        "https"
    }

    async fn take(&self, event: &CloudEvent, now: Time) -> Verdict {
        let seconds = (now.millis() / 1000).to_string();
        let request = self
            .client
            .post(self.url.clone())
            .timeout(LIMIT)
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .header("webhook-id", &event.id)
            .header("webhook-signature", self.signatures(event, &seconds))
            .header("webhook-timestamp", seconds)
            .body(event.body.clone());
        match request.send().await {
            Ok(response) => judge(&response),
            // Its own words would name the address, which may hold a token.
            Err(error) if error.is_connect() => Verdict::Later("no connection".to_owned(), None),
            Err(error) if error.is_timeout() => {
                Verdict::Later("no answer in time".to_owned(), None)
            }
            Err(_) => Verdict::Later("the exchange broke off".to_owned(), None),
        }
    }
}

fn judge(response: &Response) -> Verdict {
    let status = response.status().as_u16();
    let told = format!("it answered {status}");
    match status {
        200..300 => Verdict::Taken,
        // These speak of what was sent. With any other, like a secret that is not accepted or an
        // address that is gone, the next event would fare no better: it is the receiver's to mend.
        400 | 413 | 415 | 422 => Verdict::Refused(told),
        _ => Verdict::Later(told, rest(response)),
    }
}

/// For how long the receiver asks to be left alone, if it says so in seconds.
fn rest(response: &Response) -> Option<Duration> {
    let said = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(said.parse().ok()?).min(LONGEST_REST))
}
