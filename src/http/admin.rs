//! The admin listener: metrics, health, and a page that links what there is. Keep it inside.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::timeout;

use crate::{
    doors::{TokenHash, bearer_hash},
    insight::metrics,
    service::Service,
};

/// How long a scrape waits for the store's numbers; without them it shows the last ones.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Clone)]
struct Admin {
    service: Arc<Service>,
    metrics: PrometheusHandle,
}

/// The routes.
pub fn router(service: Arc<Service>, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/livez", get("alive"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(Admin { service, metrics })
}

/// Asks for a token, if there is one, for everything but health: orchestrators have none.
pub fn guarded(router: Router, token: Option<TokenHash>) -> Router {
    match token {
        Some(token) => router.layer(from_fn_with_state(token, admit)),
        None => router,
    }
}

async fn admit(State(token): State<TokenHash>, request: Request, next: Next) -> Response {
    let is_open = ["/livez", "/readyz"].contains(&request.uri().path());
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()).and_then(bearer_hash);
    if is_open || given.is_some_and(|given| given.is(&token)) {
        return next.run(request).await;
    }
    metrics::admin_refused();
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"pombo admin\"")];
    (StatusCode::UNAUTHORIZED, challenge, "server.admin_token is asked for").into_response()
}

/// Ready while the store answers: without it no call can be served.
async fn readyz(State(admin): State<Admin>) -> (StatusCode, &'static str) {
    match timeout(PATIENCE, admin.service.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}

async fn scrape(State(admin): State<Admin>) -> String {
    if let Ok(Ok(live)) = timeout(PATIENCE, admin.service.live_challenges()).await {
        metrics::live_challenges(live);
    }
    admin.metrics.run_upkeep();
    admin.metrics.render()
}
