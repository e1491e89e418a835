//! `[store]`: where records live.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{
    Mode,
    kind::{Kind, lasting, within},
    reader::Reader,
};

const DAY: Duration = Duration::from_secs(86_400);

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Which store. `serve` wants it said; the default of `dev` is `memory:`.
    pub url: StoreUrl,
    /// Partitions of the records, 1 to 4096; the store remembers them. Default 64.
    pub partitions: u16,
    /// How long a concluded challenge can be read, from a day to ninety. Default a day.
    pub retention: Duration,
    /// Replicas that must acknowledge a counted guess. Only 0, its default, in this version.
    pub wait_replicas: u32,
}

/// Which store.
#[derive(Clone, Debug)]
pub enum StoreUrl {
    /// In this process; gone with it.
    Memory,
    /// A Redis or Valkey, by its URL, which may hold a password.
    Redis(SecretString),
}

impl StoreUrl {
    /// Whether records are gone with the process.
    pub const fn is_memory(&self) -> bool {
        matches!(self, Self::Memory)
    }

    /// The URL, password and all, for whoever connects.
    pub fn expose(&self) -> &str {
        match self {
            Self::Memory => "memory:",
            Self::Redis(url) => url.expose_secret(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "memory:" {
            return Some(Self::Memory);
        }
        let host = text.strip_prefix("redis://")?;
        let plausible = !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic());
        plausible.then(|| Self::Redis(text.into()))
    }
}

const URL: Kind<StoreUrl> =
    Kind::new("\"memory:\" or an address like \"redis://127.0.0.1:6379\"", StoreUrl::parse)
        .later(|text| {
            let schemes = ["rediss://", "redis+sentinel://", "redis+cluster://"];
            schemes.iter().any(|scheme| text.starts_with(scheme))
        })
        .hidden();

const PARTITIONS: Kind<u16> =
    Kind::new("a whole number from 1 to 4096", |text| within(text, 1..=4_096));

/// Limits, locks and the memory of who is not on WhatsApp live in the record for a day.
const RETENTION: Kind<Duration> = Kind::new("a duration from \"24h\" to \"90d\"", |text| {
    lasting(text).filter(|retention| (DAY..=90 * DAY).contains(retention))
});

const NO_REPLICAS: Kind<u32> =
    Kind::new("0", |text| within(text, 0..=0)).later(|text| text.parse::<u32>().is_ok());

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Store {
    let mut keys = reader.section("store").demanding(mode.is_strict());
    Store {
        url: keys.need("url", &URL, StoreUrl::Memory),
        partitions: keys.get("partitions", &PARTITIONS).unwrap_or(64),
        retention: keys.get("retention", &RETENTION).unwrap_or(DAY),
        wait_replicas: keys.get("wait_replicas", &NO_REPLICAS).unwrap_or(0),
    }
}
