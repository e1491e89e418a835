//! Twilio's status callbacks.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::HeaderMap,
    routing::post,
};
use secrecy::SecretString;

use super::{Answer, forged, header, malformed, take};
use crate::{
    delivery::sms::{twilio, twilio_webhook},
    otp::Channel,
    service::{Service, Whose},
};

const SOURCE: &str = "twilio";
const WHOSE: Whose = Whose { channel: Channel::Sms, sender: twilio::NAME };

/// Twilio posts a dozen fields.
const MOST_BYTES: usize = 64 * 1024;

/// What the callbacks of a Twilio account are checked with.
#[derive(Clone)]
pub struct TwilioAccount {
    /// Key of the signatures.
    pub auth_token: SecretString,
    /// The address that Twilio calls, as it knows it.
    pub public_url: String,
}

type Parts = (Arc<Service>, TwilioAccount);

pub(super) fn routes(service: Arc<Service>, account: TwilioAccount) -> Router {
    let routes = post(callback).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route(twilio_webhook::PATH, routes.with_state((service, account)))
}

async fn callback(
    State((service, account)): State<Parts>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let query = query.unwrap_or_default();
    let url = twilio_webhook::called_url(&account.public_url, &query);
    let params = twilio_webhook::parse_form(&body);
    let signature = header(&headers, "x-twilio-signature");
    if !twilio_webhook::verify_signature(&account.auth_token, &url, &params, signature) {
        return forged(SOURCE);
    }
    match twilio_webhook::parse(&query, &params) {
        Ok(callback) => take(&service, SOURCE, WHOSE, callback.into_iter().collect()).await,
        Err(_) => malformed(SOURCE),
    }
}
