//! `pombo serve`: the service, until it is told to stop.

use std::process::ExitCode;

use axum::Router;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::ConfigFile;
use crate::{
    app::{App, Listeners},
    config::{Caution, Config, Mode},
    insight,
    store::Visit,
};

/// Run the service.
#[derive(clap::Args)]
#[command(after_help = "Example: pombo serve --config /etc/pombo/pombo.toml --log json")]
pub struct Serve {
    #[command(flatten)]
    file: ConfigFile,
}

impl Serve {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(Mode::Serve, self.file.config.as_deref(), std::env::vars_os())?;
        for Caution { key, sentence } in config.cautions() {
            tracing::warn!(key, "{key} {sentence}");
        }
        let metrics = insight::metrics::install()?;
        let listeners = Listeners::bind(&config.server).await?;
        let addresses = listeners.addresses()?;
        let public_url = config.server.public_url.as_ref();
        let public_url = public_url.map(|url| url.as_str().to_owned()).unwrap_or_default();
        let app =
            App::build(config, listeners, public_url, metrics, Visit::Serve, Router::new()).await?;
        let (grpc, webhook, admin) = (addresses.grpc, addresses.webhook, addresses.admin);
        tracing::info!(%grpc, %webhook, %admin, "serving");
        app.run(told_to_stop()?).await?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Cancelled by SIGTERM or SIGINT.
pub fn told_to_stop() -> anyhow::Result<CancellationToken> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        told.cancel();
    });
    Ok(stop)
}
