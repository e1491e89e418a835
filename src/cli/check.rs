//! `pombo check`: whether `serve` could start with a configuration, and what it promises.

use std::process::ExitCode;

use super::{ConfigFile, out};
use crate::{
    app,
    config::{Config, Mode},
    store::Visit,
};

/// Check a configuration and reach what it names.
#[derive(clap::Args)]
#[command(after_help = "Example: pombo check --config /etc/pombo/pombo.toml")]
pub struct Check {
    #[command(flatten)]
    file: ConfigFile,
}

impl Check {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(Mode::Check, self.file.config.as_deref(), std::env::vars_os())?;
        out::line("configuration  in order");
        let one_in = 1.0 / config.rules.guessing_odds_per_day();
        out::line(format!("guessing       1 in {one_in:.0} a day for one recipient, at worst"));
        app::open_store(&config, Visit::Look).await?.ping().await?;
        out::line("store          answers");
        Ok(ExitCode::SUCCESS)
    }
}
