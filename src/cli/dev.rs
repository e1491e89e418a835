//! `pombo dev`: everything in one process, with simulated providers and phones.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use secrecy::ExposeSecret;

use super::{ConfigFile, narrator::Narrator, out, serve::told_to_stop};
use crate::{
    app::{Addresses, App, Listeners},
    config::{Config, Mode, TwilioSender},
    insight,
    otp::Purpose,
    simulator::{self, MetaAccount, Pace, Settings, Simulator, TwilioAccount},
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
        // Whoever reaches a loopback address may call; `dev` asks nobody for a key.
        config.callers.clear();
        let metrics = insight::metrics::install()?;
        let listeners = Listeners::bind(&config.server).await?;
        let addresses = listeners.addresses()?;
        let public_url = format!("http://{}", addresses.webhook);
        let simulator = simulator::start(settings(&config, &public_url)).await?;
        send_to(&mut config, &simulator)?;

        let rules = config.rules.clone();
        let inbox = simulator::router(simulator.inbox());
        let app = App::build(config, listeners, public_url, metrics, Visit::Play, inbox).await?;
        let narrator =
            Narrator::new(app.service.clone(), rules, simulator.inbox(), program(&addresses));
        let stop = told_to_stop()?;
        greet(&addresses);
        let telling = tokio::spawn(narrator.tell());
        app.run(stop).await?;
        telling.abort();
        simulator.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// The simulated accounts are the configured ones.
fn settings(config: &Config, public_url: &str) -> Settings {
    let mut settings = Settings { webhook_base: public_url.to_owned(), ..Settings::default() };
    if let Some(whatsapp) = &config.whatsapp {
        let (cloud, template) = (&whatsapp.cloud, &whatsapp.template);
        settings.meta = MetaAccount {
            api_version: cloud.api_version.clone(),
            phone_number_id: cloud.phone_number_id.clone(),
            access_token: cloud.access_token.expose_secret().to_owned(),
            app_secret: cloud.app_secret.expose_secret().to_owned(),
            verify_token: cloud.verify_token.expose_secret().to_owned(),
            template: template.name.clone(),
            languages: template.languages.values().chain([&template.language]).cloned().collect(),
            ..settings.meta
        };
    }
    if let Some(sms) = &config.sms {
        let (numbers, service) = match &sms.twilio.sender {
            TwilioSender::From(from) => (vec![from.clone()], None),
            TwilioSender::MessagingService(sid) => {
                (settings.twilio.numbers.clone(), Some(sid.clone()))
            }
        };
        settings.twilio = TwilioAccount {
            account_sid: sms.twilio.account_sid.clone(),
            auth_token: sms.twilio.auth_token.expose_secret().to_owned(),
            numbers,
            messaging_service_sid: service,
            ..settings.twilio
        };
    }
    settings.pace = pace(config.rules.policy(Purpose::Login).undelivered);
    settings
}

/// Receipts come well before the plan gives a message up, and a late message well after.
fn pace(undelivered: Duration) -> Pace {
    let usual = Pace::default();
    Pace { receipt: usual.receipt.min(undelivered / 10), late: undelivered * 5 / 4, ..usual }
}

fn send_to(config: &mut Config, simulator: &Simulator) -> anyhow::Result<()> {
    if let Some(whatsapp) = &mut config.whatsapp {
        whatsapp.cloud.base_url = origin(&simulator.meta_url())?;
    }
    if let Some(sms) = &mut config.sms {
        sms.twilio.base_url = origin(&simulator.twilio_url())?;
    }
    Ok(())
}

fn origin(url: &str) -> anyhow::Result<crate::config::Origin> {
    crate::config::Origin::parse(url).ok_or_else(|| anyhow::anyhow!("{url} is no origin"))
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
