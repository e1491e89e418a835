//! The binary `pombo`: see `pombo --help`.

use std::process::ExitCode;

use clap::Parser;
use pombo::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
