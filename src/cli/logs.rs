//! The log: one line an event, on stderr, for people or as JSON.

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use super::out;

/// How the log looks.
#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// Options of every command.
#[derive(clap::Args)]
pub struct Logs {
    /// Form of the log on stderr
    #[arg(long, global = true, value_enum, default_value = "human", value_name = "FORM")]
    log: Form,
    /// Least level logged: error, warn, info, debug or trace [default: info; dev: warn]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<tracing::Level>,
}

impl Logs {
    /// Starts logging. `RUST_LOG`, where set, says what is logged in more detail than a level can.
    pub fn install(&self, quiet: bool) {
        let default = if quiet { tracing::Level::WARN } else { tracing::Level::INFO };
        let level = self.log_level.unwrap_or(default);
        // Libraries talk about connections and frames; at `debug` we want to hear ourselves.
        let directives = format!("warn,pombo={level}");
        let filter = match (self.log_level, std::env::var("RUST_LOG")) {
            (None, Ok(directives)) if !directives.is_empty() => EnvFilter::new(directives),
            _ => EnvFilter::new(directives),
        };
        let registry = tracing_subscriber::registry().with(filter);
        let stderr = fmt::layer().with_writer(std::io::stderr);
        match self.log {
            Form::Human => registry.with(stderr.with_ansi(out::is_terminal())).init(),
            Form::Json => registry
                .with(
                    stderr.json().flatten_event(true).with_current_span(true).with_span_list(true),
                )
                .init(),
        }
    }
}
