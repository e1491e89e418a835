//! The file that operators start from can't rot.

use std::{collections::BTreeSet, path::Path};

use pombo::config::{Config, Mode};

use super::{INDEX, KEY_HASH, RING, environment, file};

const CALLERS: [&str; 6] = ["name", "api_key_sha256", "mtls_san", "purposes", "quota", "insight"];

fn deployed() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/pombo.toml"))
}

#[test]
fn the_deployed_file_serves_once_it_has_its_secrets() {
    let ring = file(&format!("{RING}\n"));
    let secrets = environment(&[
        ("store.url", "redis://pombo:a-word@redis:6379"),
        ("keys.ring_file", ring.to_str().unwrap()),
        ("keys.index", INDEX),
        ("whatsapp.cloud.access_token", "token-of-meta"),
        ("whatsapp.cloud.app_secret", "secret-of-meta"),
        ("whatsapp.cloud.verify_token", "handshake"),
        ("sms.twilio.auth_token", "token-of-twilio"),
        ("callers.0.api_key_sha256", KEY_HASH),
        ("server.admin_token", "token-of-operators"),
    ]);
    let config = Config::load(Mode::Serve, Some(deployed()), secrets);
    assert!(config.is_ok(), "{}", config.unwrap_err());
}

#[test]
fn the_deployed_file_asks_for_its_secrets_and_nothing_else() {
    let errors = Config::load(Mode::Serve, Some(deployed()), []).unwrap_err();
    let keys: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "callers.0.api_key_sha256",
            "keys.index",
            "keys.ring",
            "server.admin_addr",
            "sms.twilio.auth_token",
            "store.url",
            "whatsapp.cloud.access_token",
            "whatsapp.cloud.app_secret",
            "whatsapp.cloud.verify_token",
        ]
    );
}

#[test]
fn the_deployed_file_shows_every_key() {
    let shown = keys_shown(&std::fs::read_to_string(deployed()).unwrap());
    let known = Config::known_keys().into_iter().map(|key| match key.strip_prefix("purpose.") {
        // One purpose stands for all.
        Some(rest) => format!("purpose.transaction.{}", rest.split_once('.').unwrap().1),
        None => key,
    });
    let callers = CALLERS.map(|key| format!("callers.{key}"));
    let missing: BTreeSet<_> = known.chain(callers).filter(|key| !shown.contains(key)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Headings and keys, commented out or not.
pub(super) fn keys_shown(text: &str) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    let mut section = "";
    for line in text.lines() {
        let line = line.strip_prefix("# ").unwrap_or(line);
        let heading = line.trim_start_matches('[').trim_end_matches(']');
        if heading.len() < line.len() && line.starts_with('[') {
            section = heading;
            shown.insert(section.to_owned());
        } else if let Some((key, _)) = line.split_once(" = ") {
            shown.insert(format!("{section}.{key}"));
        }
    }
    shown
}
