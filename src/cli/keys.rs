//! `pombo keys`: make keys.

use std::process::ExitCode;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use clap::Subcommand;
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::out;
use crate::config::{caller_name, key_id};

/// By this an API key is recognised where it should not be: in a log, in a repository.
const PREFIX: &str = "pombo_";

/// Make keys.
#[derive(Subcommand)]
#[command(after_help = "Example: pombo keys new >> pombo.toml")]
pub enum Keys {
    /// Print fresh keys as a section of the configuration, or a caller's API key
    #[command(after_help = "Example: pombo keys new --id k2 >> keys.toml\n         \
                            pombo keys new --caller app")]
    New {
        /// Id of the ring's key; each key of a ring has one of its own
        #[arg(long, default_value = "k1", value_parser = id)]
        id: String,
        /// Instead, an API key for a caller of this name, with its lines for the configuration
        #[arg(long, value_name = "NAME", value_parser = name, conflicts_with = "id")]
        caller: Option<String>,
    },
}

impl Keys {
    pub fn run(self) -> ExitCode {
        match self {
            Self::New { caller: Some(name), .. } => of_caller(&name),
            Self::New { id, .. } => of_service(&id),
        }
        ExitCode::SUCCESS
    }
}

fn of_service(id: &str) {
    out::line("[keys]");
    out::line(
        "# To rotate, put the new key behind the old one everywhere, then in front: docs/KEYS.md.",
    );
    out::line(format!("ring = [\"{id}:{}\"]", BASE64_STANDARD.encode(*fresh())));
    out::line("# Stays as it is for the life of a store: it says where each record is.");
    out::line(format!("index = \"{}\"", BASE64_STANDARD.encode(*fresh())));
}

/// The key does not look like configuration, so that it is not left in it by mistake.
fn of_caller(name: &str) {
    let key = Zeroizing::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(*fresh())));
    let hash: String = Sha256::digest(&*key).iter().map(|byte| format!("{byte:02x}")).collect();
    out::line(format!("The API key of {name}, shown this once; give it to the caller:"));
    out::line(format!("  {}", *key));
    out::line("What Pombo keeps of it, for the configuration:");
    out::line("");
    out::line("[[callers]]");
    out::line(format!("name = \"{name}\""));
    out::line(format!("api_key_sha256 = \"{hash}\""));
}

fn id(text: &str) -> Result<String, String> {
    key_id(text).ok_or_else(|| "must be 1 to 32 of the characters A-Z a-z 0-9 - _".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    caller_name(text)
        .ok_or_else(|| "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -".to_owned())
}

fn fresh() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *key);
    key
}
