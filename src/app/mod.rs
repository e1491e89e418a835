//! The application as a value: built from a configuration, with its listeners already bound, run
//! until told to stop.

mod listeners;

mod parts;

mod senders;

pub mod operator;

mod inspections;

mod store_look;

#[cfg(feature = "aws")]
mod aws_looks;

use std::{future::pending, sync::Arc, time::Duration};

use anyhow::anyhow;
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    task::{JoinError, JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    grpc::{self, Callers, Tls},
    http,
    otp::PhoneNumber,
    outwards::Courier,
    service::{Entropy, Parts, Service},
    store::Visit,
};

pub use inspections::{inspect, inspect_tls};
pub use listeners::{Addresses, Listeners};

/// How long calls under way, and after them sends, may each take when the process is told to stop:
/// together less than the half minute that orchestrators wait.
const DRAIN: Duration = Duration::from_secs(14);

/// How long the events of what was under way may then take to leave.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// The application, ready to run.
pub struct App {
    /// The use cases.
    pub service: Arc<Service>,
    couriers: Vec<Arc<Courier>>,
    listeners: Listeners,
    callers: Callers,
    tls: Option<Tls>,
    webhooks: Router,
    admin: Router,
}

impl App {
    /// Opens the store, as `visit` says, and builds everything around it. `extra` is added to the
    /// admin listener.
    pub async fn build(
        config: Config,
        listeners: Listeners,
        public_url: String,
        metrics: PrometheusHandle,
        visit: Visit,
        extra: Router,
    ) -> anyhow::Result<Self> {
        let callers = parts::callers(&config);
        let tls = parts::tls(&config, &callers)?;
        let store = parts::open_store(&config, visit).await?;
        // The numbering plans are read at their first use; the first caller shall not wait for it.
        tokio::task::spawn_blocking(|| drop(PhoneNumber::parse("+5511987654300")));
        let couriers = parts::couriers(&config, &store, &public_url).await?;
        let service = Service::new(Parts {
            store,
            rules: config.rules.clone(),
            keyring: config.keys.keyring(),
            index: config.keys.index_key(),
            numbers: parts::numbers(&config),
            screens: config.fraud.screens.clone(),
            shared_limits: parts::shared_limits(&config),
            tolls: config.fraud.tolls.clone(),
            messengers: senders::messengers(&config, &public_url).await?,
            issuer: parts::issuer(&config),
            entropy: Entropy::of_system(),
        });
        let admin = http::admin::router(Arc::clone(&service), metrics).merge(extra);
        Ok(Self {
            webhooks: parts::webhooks(&config, &service, public_url)?,
            admin: http::admin::guarded(admin, parts::admin_token(&config)),
            callers,
            tls,
            service,
            couriers,
            listeners,
        })
    }

    /// Serves until `stop`, then finishes what is under way, for a bounded time.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { service, couriers, listeners, callers, tls, webhooks, admin } = self;
        let (alarms, told) = (Arc::clone(&service), stop.clone());
        let mut worker = tokio::spawn(async move { alarms.run(told).await });
        let rounds: JoinSet<()> =
            couriers.iter().map(|it| Arc::clone(it).run(service.facts())).collect();
        let grpc =
            grpc::server::serve(listeners.grpc, tls, Arc::clone(&service), callers, stop.clone());
        let webhooks = http::serve(listeners.webhook, webhooks, stop.clone());
        let admin = http::serve(listeners.admin, admin, stop.clone());
        let serving = async {
            let http = async {
                tokio::join!(webhooks, admin);
                Ok(())
            };
            tokio::try_join!(grpc, http)
        };
        let out_of_time = async {
            stop.cancelled().await;
            sleep(DRAIN).await;
        };
        let ended = tokio::select! {
            served = serving => served.map(drop),
            // Without it no fallback would be taken, and nobody would notice.
            ended = broke_off(&mut worker, &stop) => Err(anyhow!("the alarms' worker ended: {ended:?}")),
            () = out_of_time => {
                tracing::warn!("connections were still open when the time to drain was over");
                Ok(())
            }
        };
        // It ends once it is through with what it claimed.
        let worked = async {
            if !worker.is_finished() {
                let _ = (&mut worker).await;
            }
            service.drained().await;
        };
        let is_done = timeout(DRAIN, worked).await.is_ok();
        worker.abort();
        if !is_done {
            tracing::warn!("sends were still under way when the time to drain was over");
        }
        couriers.iter().for_each(|courier| courier.stop());
        // What is left waits in the store for another replica, or for the next start.
        let _ = timeout(LAST_EVENTS, rounds.join_all()).await;
        ended
    }
}

/// Resolves if the worker ends by itself, before it is told to.
async fn broke_off(worker: &mut JoinHandle<()>, stop: &CancellationToken) -> Result<(), JoinError> {
    let ended = worker.await;
    if ended.is_ok() && stop.is_cancelled() {
        pending().await
    }
    ended
}
