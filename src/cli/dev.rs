//! `pombo dev`: everything in one process, with simulated providers and phones.

use std::{path::PathBuf, process::ExitCode};

use super::{ConfigFile, narrator::Narrator, out, serve::told_to_stop, simulated};
use crate::{
    app::{Addresses, App, Listeners},
    config::{Config, Mode},
    insight, simulator,
    store::Visit,
};

/// Run everything in one process: nothing to install, nothing leaves the machine.
#[derive(clap::Args)]
#[command(
    after_help = "Example: pombo dev\n         POMBO_STORE__URL=redis://127.0.0.1:6379 pombo dev"
)]
pub struct Dev {
    #[command(flatten)]
    file: ConfigFile,
}

impl Dev {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let file = self.file.config.as_deref();
        let mut config = Config::load(Mode::Dev, file, std::env::vars_os())?;
        // Whoever reaches a loopback address may call; `dev` asks nobody for a key, a
        // certificate or a token.
        config.callers.clear();
        (config.server.tls, config.server.admin_token) = (None, None);
        let metrics = insight::metrics::install()?;
        let listeners = Listeners::bind(&config.server).await?;
        let addresses = listeners.addresses()?;
        let public_url = format!("http://{}", addresses.webhook);
        let simulator = simulator::start(simulated::accounts(&config, &public_url)).await?;
        simulated::lead_to(&mut config, &simulator)?;

        let by_aws = simulated::is_by_aws(&config);
        let rules = config.rules.clone();
        let inbox = simulator::router(simulator.inbox());
        let app = App::build(config, listeners, public_url, metrics, Visit::Play, inbox).await?;
        let narrator =
            Narrator::new(app.service.clone(), rules, simulator.inbox(), program(&addresses));
        let stop = told_to_stop()?;
        greet(&addresses);
        let telling = tokio::spawn(narrator.tell());
        let aws = simulator.aws();
        let subscribing = by_aws.then(|| tokio::spawn(async move { aws.subscribe().await }));
        app.run(stop).await?;
        telling.abort();
        subscribing.inspect(|task| task.abort());
        simulator.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// How to call this very binary, and this very instance of it.
fn program(addresses: &Addresses) -> (String, String) {
    let path = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("pombo"));
    let usual = super::client::DEFAULT_ADDRESS.trim_start_matches("http://");
    let address = addresses.grpc.to_string();
    let to = if address == usual { String::new() } else { format!(" --address http://{address}") };
    (path.display().to_string(), to)
}

fn greet(addresses: &Addresses) {
    let (program, to) = program(addresses);
    let Addresses { grpc, webhook, admin } = addresses;
    out::line(format!(
        "Pombo is up. Everything runs in this process; nothing leaves this machine.

  gRPC      {grpc}
  webhooks  http://{webhook}
  admin     http://{admin}   /metrics  /readyz  /simulator/inbox

Paste into another terminal:

  {program} issue +5511987654300{to}

and, when the code is shown here, the line under it. Other numbers behave otherwise:

  …01 not on WhatsApp, told at once    …05 receipts twice and out of order
  …02 not on WhatsApp, told later      …06 receipts lost
  …03 phone off: falls back to SMS     …07 WhatsApp rate limited
  …04 WhatsApp comes late              …08 SMS fails too
                                       …09 \"I didn't request a code\"
"
    ));
}
