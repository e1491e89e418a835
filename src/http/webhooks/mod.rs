//! Callbacks of providers. Whether one is genuine is checked over the bytes as they came in, before
//! anything is done about it. A callback that the store can't take now is answered 503, so that it comes
//! again; anything else that is genuine is answered 200.

mod meta;

mod twilio;

mod sns;

mod room;

mod key_set;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    middleware::from_fn_with_state,
};

use crate::{
    delivery::Callback,
    insight::{metrics, strangers},
    service::{Fault, Service, Taken, Whose},
};
pub use meta::Meta;
pub use sns::Sns;
pub use twilio::TwilioAccount;

/// What the providers' callbacks are checked with; none for a provider that doesn't send.
#[derive(Default)]
pub struct Webhooks {
    /// Meta's, of the Cloud API.
    pub meta: Option<Meta>,
    /// Twilio's.
    pub twilio: Option<TwilioAccount>,
    /// AWS's.
    pub sns: Option<Sns>,
}

type Answer = (StatusCode, &'static str);

const FORGED: Answer = (StatusCode::UNAUTHORIZED, "the signature does not fit");
const LATER: Answer = (StatusCode::SERVICE_UNAVAILABLE, "try again later");

/// The routes of the providers that are configured, and of our public keys, which stand beside them.
pub fn router(service: &Arc<Service>, webhooks: Webhooks) -> Router {
    let Webhooks { meta, twilio, sns } = webhooks;
    let routes = [
        meta.map(|meta| meta::routes(Arc::clone(service), meta)),
        twilio.map(|account| twilio::routes(Arc::clone(service), account)),
        sns.map(|sns| sns::routes(Arc::clone(service), sns)),
    ];
    let routes = routes.into_iter().flatten().fold(Router::new(), Router::merge);
    let callbacks = routes.layer(from_fn_with_state(room::room(), room::bounded));
    callbacks.merge(key_set::routes(&service.key_set()))
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
    LATER
}

fn forged(source: &'static str) -> Answer {
    if let Some(count) = strangers::count(source) {
        tracing::warn!(
            source,
            count,
            "callbacks without a good signature were refused since the last such line"
        );
    }
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
