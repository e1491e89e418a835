//! `[store]`: where records live.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{
    Mode,
    kind::{Kind, lasting, within},
    reader::Reader,
    section::Section,
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
    /// Replicas that must acknowledge a counted guess and a conclusion, 0 to 8. Default 0.
    pub wait_replicas: u32,
    /// The authority of the store's certificate, in PEM. Default those of the system.
    pub ca: Option<SecretString>,
    /// Our own certificate and its key, in PEM. Default none.
    pub client: Option<(SecretString, SecretString)>,
}

/// Which store.
#[derive(Clone, Debug)]
pub enum StoreUrl {
    /// In this process; gone with it.
    Memory,
    /// Redis or Valkey: a server, a master by its sentinels, or a cluster. The URL may hold a password.
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
        let (scheme, host) = text.split_once("://")?;
        let kind = scheme.strip_prefix("rediss").or(scheme.strip_prefix("redis"))?;
        let names_all = match kind {
            "" | "+cluster" => !host.is_empty(),
            "+sentinel" => host.split_once('/').is_some_and(|(_, name)| !name.is_empty()),
            _ => false,
        };
        let plausible = names_all && host.chars().all(|c| c.is_ascii_graphic());
        plausible.then(|| Self::Redis(text.into()))
    }

    pub(super) fn has_tls(&self) -> bool {
        matches!(self, Self::Redis(url) if url.expose_secret().starts_with("rediss"))
    }

    /// The servers that a Redis's URL names, without their ports.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        let rest = self.expose().split_once("://").map_or("", |(_, rest)| rest);
        let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
        let hosts = hosts.split(['/', '?']).next().unwrap_or_default();
        hosts.split(',').map(|host| match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => name,
            _ => host,
        })
    }
}

const URL: Kind<StoreUrl> =
    Kind::new("\"memory:\" or an address like \"redis://127.0.0.1:6379\", \
               \"redis+sentinel://a:26379,b:26379/NAME\" or \"redis+cluster://a:6379,b:6379\" (with \
               TLS rediss)", StoreUrl::parse)
        .hidden();

const PARTITIONS: Kind<u16> =
    Kind::new("a whole number from 1 to 4096", |text| within(text, 1..=4_096));

/// Limits, locks and the memory of who is not on WhatsApp live in the record for a day.
const RETENTION: Kind<Duration> = Kind::new("a duration from \"24h\" to \"90d\"", |text| {
    lasting(text).filter(|retention| (DAY..=90 * DAY).contains(retention))
});

const REPLICAS: Kind<u32> = Kind::new("a whole number from 0 to 8", |text| within(text, 0..=8));

/// Hidden, so that it may come from a file; and a key that stands in the wrong place is not shown.
const CERTIFICATES: Kind<SecretString> =
    Kind::new("certificates in PEM, mostly from a file", |text| pem(text, "CERTIFICATE-----"))
        .hidden();

const PRIVATE_KEY: Kind<SecretString> =
    Kind::new("a private key in PEM, mostly from a file", |text| pem(text, "PRIVATE KEY-----"))
        .secret();

fn pem(text: &str, kind: &str) -> Option<SecretString> {
    (text.contains("-----BEGIN ") && text.contains(kind)).then(|| text.into())
}

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Store {
    let mut keys = reader.section("store").demanding(mode.is_strict());
    let url = keys.need("url", &URL, StoreUrl::Memory);
    let partitions = keys.get("partitions", &PARTITIONS).unwrap_or(64);
    let retention = keys.get("retention", &RETENTION).unwrap_or(DAY);
    let wait_replicas = keys.get("wait_replicas", &REPLICAS).unwrap_or(0);
    if url.is_memory() && wait_replicas > 0 {
        let sentence = "must be 0 where store.url is memory:, which has no replicas";
        keys.refuse("wait_replicas", sentence);
    }
    let (ca, client) = certificates(&mut keys, &url);
    Store { url, partitions, retention, wait_replicas, ca, client }
}

fn certificates(
    keys: &mut Section<'_>,
    url: &StoreUrl,
) -> (Option<SecretString>, Option<(SecretString, SecretString)>) {
    let ca = keys.get("ca", &CERTIFICATES);
    let certificate = keys.get("client_cert", &CERTIFICATES);
    let key = keys.get("client_key", &PRIVATE_KEY);
    let given = [
        ("ca", ca.is_some()),
        ("client_cert", certificate.is_some()),
        ("client_key", key.is_some()),
    ];
    for (name, _) in given.into_iter().filter(|(_, is_given)| *is_given && !url.has_tls()) {
        keys.refuse(
            name,
            "is for a store.url with TLS, which begins with rediss; take one of them out",
        );
    }
    if certificate.is_some() != key.is_some() {
        let missing = if key.is_none() { "client_key" } else { "client_cert" };
        keys.refuse(missing, "is missing: a certificate of ours and its key go together");
    }
    (ca, certificate.zip(key))
}
