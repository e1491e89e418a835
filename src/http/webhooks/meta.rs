//! Meta's webhook: the handshake by GET, receipts, taps and notices by POST.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use secrecy::SecretString;

use super::{Answer, forged, header, malformed, take};
use crate::{
    delivery::whatsapp::{cloud, notices::Ours, webhook},
    insight::metrics,
    otp::Channel,
    service::{Service, Whose},
};

const SOURCE: &str = "whatsapp";
const WHOSE: Whose = Whose { channel: Channel::Whatsapp, sender: cloud::NAME };

/// Meta posts up to 3 MB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What the callbacks of a Meta app are checked with.
#[derive(Clone)]
pub struct Meta {
    /// Key of the signatures.
    pub app_secret: SecretString,
    /// What Meta repeats when it subscribes.
    pub verify_token: SecretString,
    /// What news must concern to concern us.
    pub ours: Ours,
}

type Parts = (Arc<Service>, Meta);

pub(super) fn routes(service: Arc<Service>, meta: Meta) -> Router {
    let routes = get(handshake).post(callback).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route("/webhooks/whatsapp", routes.with_state((service, meta)))
}

async fn handshake(
    State((_, meta)): State<Parts>,
    RawQuery(query): RawQuery,
) -> Result<String, Answer> {
    let challenge = webhook::handshake(&meta.verify_token, &query.unwrap_or_default());
    challenge.ok_or((StatusCode::FORBIDDEN, "the verify token does not fit"))
}

async fn callback(State((service, meta)): State<Parts>, headers: HeaderMap, body: Bytes) -> Answer {
    let signature = header(&headers, "x-hub-signature-256");
    if !webhook::verify_signature(&meta.app_secret, signature, &body) {
        return forged(SOURCE);
    }
    let Ok(batch) = webhook::parse(&body, &meta.ours) else {
        return malformed(SOURCE);
    };
    if batch.skipped > 0 {
        metrics::webhook(SOURCE, "skipped", batch.skipped as u64);
    }
    take(&service, SOURCE, WHOSE, batch.callbacks).await
}
