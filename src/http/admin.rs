//! The admin listener: metrics, health, and a page that links what there is. Keep it inside.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, response::Html, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::timeout;

use crate::{insight::metrics, service::Service};

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
