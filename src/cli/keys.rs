//! `pombo keys`: make keys.

use std::process::ExitCode;

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Subcommand;
use rand::Rng;
use zeroize::Zeroizing;

use super::out;
use crate::config::key_id;

/// Make keys.
#[derive(Subcommand)]
#[command(after_help = "Example: pombo keys new >> pombo.toml")]
pub enum Keys {
    /// Print fresh keys as a section of the configuration
    #[command(after_help = "Example: pombo keys new --id k2 >> keys.toml")]
    New {
        /// Id of the ring's key; each key of a ring has one of its own
        #[arg(long, default_value = "k1", value_parser = id)]
        id: String,
    },
}

impl Keys {
    pub fn run(self) -> ExitCode {
        let Self::New { id } = self;
        out::line("[keys]");
        out::line(
            "# To rotate, put the new key behind the old one everywhere, then in front: docs/KEYS.md.",
        );
        out::line(format!("ring = [\"{id}:{}\"]", *fresh()));
        out::line("# Stays as it is for the life of a store: it says where each record is.");
        out::line(format!("index = \"{}\"", *fresh()));
        ExitCode::SUCCESS
    }
}

fn id(text: &str) -> Result<String, String> {
    key_id(text).ok_or_else(|| "must be 1 to 32 of the characters A-Z a-z 0-9 - _".to_owned())
}

fn fresh() -> Zeroizing<String> {
    let mut key = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *key);
    Zeroizing::new(BASE64_STANDARD.encode(*key))
}
