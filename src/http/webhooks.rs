//! Callbacks of providers. The signature is checked over the bytes as they came in, before anything
//! is read from them. A callback that the store can't take now is answered 503, so that it comes
//! again; anything else that is genuine is answered 200.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use secrecy::SecretString;

use crate::{
    delivery::{
        Callback,
        sms::{twilio, twilio_webhook},
        whatsapp::{cloud, webhook},
    },
    insight::metrics,
    otp::Channel,
    service::{Fault, Service, Taken, Whose},
};

/// Meta posts up to 3 MB.
const META_BODY: usize = 4 * 1024 * 1024;

/// Twilio posts a dozen fields.
const TWILIO_BODY: usize = 64 * 1024;

/// What the callbacks of a Meta app are checked with.
#[derive(Clone)]
pub struct Meta {
    /// Key of the signatures.
    pub app_secret: SecretString,
    /// What Meta repeats when it subscribes.
    pub verify_token: SecretString,
}

/// What the callbacks of a Twilio account are checked with.
#[derive(Clone)]
pub struct TwilioAccount {
    /// Key of the signatures.
    pub auth_token: SecretString,
    /// The address that Twilio calls, as it knows it.
    pub public_url: String,
}

const CLOUD: Whose = Whose { channel: Channel::Whatsapp, sender: cloud::NAME };
const TWILIO: Whose = Whose { channel: Channel::Sms, sender: twilio::NAME };

type Answer = (StatusCode, &'static str);

const FORGED: Answer = (StatusCode::UNAUTHORIZED, "the signature does not fit");
const STORE_AWAY: Answer = (StatusCode::SERVICE_UNAVAILABLE, "try again later");

/// The routes of the providers that are configured.
pub fn router(service: Arc<Service>, meta: Option<Meta>, twilio: Option<TwilioAccount>) -> Router {
    let mut router = Router::new();
    if let Some(meta) = meta {
        let routes = get(handshake)
            .post(whatsapp)
            .layer(DefaultBodyLimit::max(META_BODY))
            .with_state((Arc::clone(&service), meta));
        router = router.route("/webhooks/whatsapp", routes);
    }
    if let Some(account) = twilio {
        let routes = post(twilio_status)
            .layer(DefaultBodyLimit::max(TWILIO_BODY))
            .with_state((service, account));
        router = router.route(twilio_webhook::PATH, routes);
    }
    router
}

async fn handshake(
    State((_, meta)): State<(Arc<Service>, Meta)>,
    RawQuery(query): RawQuery,
) -> Result<String, Answer> {
    let challenge = webhook::handshake(&meta.verify_token, &query.unwrap_or_default());
    challenge.ok_or((StatusCode::FORBIDDEN, "the verify token does not fit"))
}

async fn whatsapp(
    State((service, meta)): State<(Arc<Service>, Meta)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let source = "whatsapp";
    if !webhook::verify_signature(&meta.app_secret, header(&headers, "x-hub-signature-256"), &body)
    {
        return forged(source);
    }
    let Ok(batch) = webhook::parse(&body) else {
        return malformed(source);
    };
    if batch.skipped > 0 {
        metrics::webhook(source, "skipped", batch.skipped as u64);
    }
    take(&service, source, CLOUD, batch.callbacks).await
}

async fn twilio_status(
    State((service, account)): State<(Arc<Service>, TwilioAccount)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let source = "twilio";
    let query = query.unwrap_or_default();
    let url = twilio_webhook::called_url(&account.public_url, &query);
    let params = twilio_webhook::parse_form(&body);
    let signature = header(&headers, "x-twilio-signature");
    if !twilio_webhook::verify_signature(&account.auth_token, &url, &params, signature) {
        return forged(source);
    }
    match twilio_webhook::parse(&query, &params) {
        Ok(callback) => take(&service, source, TWILIO, callback.into_iter().collect()).await,
        Err(_) => malformed(source),
    }
}

/// Takes in what a provider told in one go.
async fn take(
    service: &Arc<Service>,
    source: &'static str,
    whose: Whose,
    callbacks: Vec<Callback>,
) -> Answer {
    let taken = match service.take_all(whose, callbacks).await {
        Ok(taken) => taken,
        Err(fault) => return away(source, &fault),
    };
    for (taken, count) in taken {
        let result = match taken {
            Taken::Noted => "taken",
            Taken::Ignored => "ignored",
            Taken::NotRequested => "not_requested",
        };
        metrics::webhook(source, result, count);
    }
    (StatusCode::OK, "")
}

fn away(source: &'static str, fault: &Fault) -> Answer {
    tracing::warn!(source, error = %fault, "a callback could not be taken in");
    metrics::webhook(source, "store_away", 1);
    STORE_AWAY
}

fn forged(source: &'static str) -> Answer {
    tracing::warn!(source, "a callback without a good signature was refused");
    metrics::webhook(source, "forged", 1);
    FORGED
}

fn malformed(source: &'static str) -> Answer {
    tracing::warn!(source, "a genuine callback could not be read");
    metrics::webhook(source, "malformed", 1);
    // 200: the provider would only send the same again.
    (StatusCode::OK, "not understood")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
