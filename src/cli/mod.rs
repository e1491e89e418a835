//! The command line: one file a subcommand. What people and scripts read goes to stdout, logs and
//! errors to stderr.

mod logs;

mod out;

mod serve;

mod dev;

mod simulated;

mod narrator;

mod client;

mod issue;

mod verify;

mod check;

mod templates;

mod keys;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// One-time passcodes over WhatsApp, with SMS where WhatsApp does not deliver.
#[derive(Parser)]
#[command(version, propagate_version = true, after_help = EXAMPLE)]
pub struct Cli {
    #[command(flatten)]
    logs: logs::Logs,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "Example: pombo dev, and in another terminal: pombo issue +5511987654300";

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process: nothing to install, nothing leaves the machine
    Dev(dev::Dev),
    /// Run the service
    Serve(serve::Serve),
    /// Ask a running service for a code
    Issue(issue::Issue),
    /// Give a running service the code that a person typed
    Verify(verify::Verify),
    /// Check a configuration and look at everything it names: store, providers, template
    Check(check::Check),
    /// Look after the WhatsApp template
    #[command(subcommand)]
    Templates(templates::Templates),
    /// Make keys
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Where the configuration is.
#[derive(clap::Args)]
struct ConfigFile {
    /// TOML file; every key may also come from the environment, as POMBO_SECTION__KEY
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Cli {
    /// Runs the command. An error is one sentence on stderr and a non-zero exit.
    pub fn run(self) -> ExitCode {
        let quiet = matches!(self.command, Command::Dev(_));
        self.logs.install(quiet);
        match self.command.run() {
            Ok(code) => code,
            Err(error) => {
                out::error(&format!("{error:#}"));
                ExitCode::FAILURE
            }
        }
    }
}

impl Command {
    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Dev(dev) => block_on(dev.run()),
            Self::Serve(serve) => block_on(serve.run()),
            Self::Issue(issue) => block_on(issue.run()),
            Self::Verify(verify) => block_on(verify.run()),
            Self::Check(check) => block_on(check.run()),
            Self::Templates(templates) => block_on(templates.run()),
            Self::Keys(keys) => Ok(keys.run()),
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
