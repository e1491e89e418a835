//! `pombo templates`: the authentication template, made at Meta in every configured language.

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use anyhow::{anyhow, bail};
use clap::Subcommand;
use tokio::time::{Instant, sleep};

use super::{ConfigFile, out};
use crate::{
    app::operator,
    config::{Config, Mode},
    delivery::whatsapp::{
        definition::{Definition, overlap},
        templates::{self, Standing},
    },
    otp::limits::parse_duration,
};

/// Look after the WhatsApp template.
#[derive(Subcommand)]
#[command(after_help = "Example: pombo templates push --config /etc/pombo/pombo.toml")]
pub enum Templates {
    /// Create or update the authentication template in every configured language
    Push(Push),
}

/// Create or update the authentication template in every configured language.
#[derive(clap::Args)]
#[command(after_help = "Example: pombo templates push --config /etc/pombo/pombo.toml --wait 30m\n\
                        Exits with 0 once every language is approved, with 1 if one is refused or \
                        not approved in time.")]
pub struct Push {
    /// Print what would be sent, as JSON, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait so long for Meta's approval
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    wait: Duration,
    /// Ask so often how far it is; Meta bears 200 questions an hour
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    every: Duration,
    /// Don't wait
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    #[command(flatten)]
    file: ConfigFile,
}

impl Templates {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Push(push) = self;
        push.run().await.map(|()| ExitCode::SUCCESS)
    }
}

impl Push {
    async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(Mode::Check, self.file.config.as_deref(), std::env::vars_os())?;
        let definition = operator::definition(&config)?;
        let accounts = operator::templates(&config).await?;
        let fallback = operator::fallback_wait(&config.rules);
        if let Some(warning) = overlap(definition.message_ttl_seconds(), fallback) {
            out::warning(&warning);
        }
        if self.dry_run {
            let bodies = accounts.iter().flat_map(|account| account.bodies(&definition));
            bodies.for_each(|body| out::line(format!("{body:#}")));
            return Ok(());
        }
        let refused = |refusal| anyhow!("template {}: {refusal}", definition.name);
        for account in &accounts {
            account.push(&definition).await.map_err(refused)?;
            out::line(format!("template {} is at Meta", definition.name));
        }
        for account in accounts.iter().filter(|_| !self.no_wait) {
            self.approval(&**account, &definition).await?;
        }
        Ok(())
    }

    /// Waits until Meta has made up its mind about every language, telling each change.
    async fn approval(
        &self,
        account: &dyn templates::Templates,
        definition: &Definition,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + self.wait;
        let mut progress = Progress::default();
        loop {
            match account.standings(&definition.name).await {
                Ok(standings) => progress.take(definition, &standings),
                // It was there a moment ago, when the template was pushed.
                Err(refusal) => out::warning(&format!("{refusal}; asking again")),
            }
            if progress.is_over(definition) {
                return progress.verdict(definition);
            }
            if Instant::now() + self.every > deadline {
                let open = progress.open(definition).join(", ");
                bail!(
                    "Meta has not approved {open} within {} s; it may yet: look with `pombo check`",
                    self.wait.as_secs()
                );
            }
            sleep(self.every).await;
        }
    }
}

/// How each language stands, as far as it was told.
#[derive(Default)]
struct Progress(BTreeMap<String, Standing>);

impl Progress {
    fn take(&mut self, definition: &Definition, standings: &[Standing]) {
        for language in &definition.languages {
            let Some(standing) = standings.iter().find(|s| s.is_in(language)) else { continue };
            let told = self.0.insert(language.clone(), standing.clone());
            if told.is_none_or(|told| told.status != standing.status) {
                out::line(format!("{:<16}  {}", templates::what(language), standing.status));
            }
        }
    }

    /// The languages of which Meta has not made up its mind.
    fn open<'d>(&self, definition: &'d Definition) -> Vec<&'d str> {
        let open = |language: &&String| self.0.get(*language).is_none_or(Standing::is_pending);
        definition.languages.iter().filter(open).map(String::as_str).collect()
    }

    fn is_over(&self, definition: &Definition) -> bool {
        self.open(definition).is_empty()
    }

    fn verdict(&self, definition: &Definition) -> anyhow::Result<()> {
        let faults = self.0.iter().filter_map(|(language, standing)| {
            Some(format!("template {} in {language} {}", definition.name, standing.fault()?))
        });
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() { Ok(()) } else { bail!(faults.join("\n")) }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let above_zero = parse_duration(text).filter(|duration| !duration.is_zero());
    above_zero.ok_or_else(|| "must be a duration, like 30s, 10m or 1h".to_owned())
}
