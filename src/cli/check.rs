//! `pombo check`: whether `serve` could start with a configuration, what it promises, and whether
//! everything that it names is in order.

use std::process::ExitCode;

use super::{ConfigFile, out};
use crate::{
    app,
    config::{Config, Mode},
    delivery::{Inspection, Verdict},
};

/// Check a configuration and look at everything it names: store, providers, template.
#[derive(clap::Args)]
#[command(after_help = "Example: pombo check --config /etc/pombo/pombo.toml\n\
                        A line for each thing on stdout, each fault with its remedy on stderr. \
                        Exits with 1 if there is a fault; warnings are none.")]
pub struct Check {
    /// Look at the configuration only; reach nothing
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    file: ConfigFile,
}

impl Check {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(Mode::Check, self.file.config.as_deref(), std::env::vars_os())?;
        let tls = app::inspect_tls(&config)?;
        row("configuration", "in order");
        let one_in = 1.0 / config.rules.guessing_odds_per_day();
        row("guessing", &format!("1 in {one_in:.0} a day for one recipient, at worst"));
        tls.iter().for_each(tell);
        let cautions = config.cautions().into_iter();
        cautions.for_each(|it| tell(&Inspection::warning(it.key, it.sentence)));
        let found = if self.offline { Vec::new() } else { app::inspect(config).await };
        found.iter().for_each(tell);
        let faulty = found.iter().any(|one| matches!(one.verdict, Verdict::Fault(_)));
        Ok(if faulty { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn tell(Inspection { what, verdict }: &Inspection) {
    match verdict {
        Verdict::Sound(state) => row(what, state),
        Verdict::Warning(sentence) => row(what, &format!("warning: {sentence}")),
        Verdict::Fault(sentence) => {
            row(what, "fault");
            out::error(&format!("{what}: {sentence}"));
        }
    }
}

fn row(what: &str, state: &str) {
    out::line(format!("{what:<16}  {state}"));
}
