//! What a configuration may well mean and mostly does not: told at start and by `check`, and not refused.

use super::Config;

/// Something that is right for some and dangerous for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The key that leads to it: `server.grpc_addr`.
    pub key: &'static str,
    /// What comes of it, and the remedy. Holds no secret.
    pub sentence: &'static str,
}

impl Config {
    /// All that there is to be told.
    pub fn cautions(&self) -> Vec<Caution> {
        self.exposures().chain(self.fraud.cautions()).collect()
    }
}
