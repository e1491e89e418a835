//! Configurations: an answer, whatever the file and the environment hold.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, sync::LazyLock};

use pombo::config::{Config, Mode};

/// The least that `serve` asks for, as lines.
const LEAST: &str = include_str!("../words/least.conf");

/// Reads a text as a file for `dev`, and its lines as variables over those that `serve` needs.
pub fn read(text: &str) {
    // What a key names as a file is opened, and these files are the machine's own.
    if text.to_lowercase().contains("_file") {
        return;
    }
    std::fs::write(&*FILE, text).expect("the file can be written");
    let loaded = [
        Config::load(Mode::Dev, Some(&FILE), Vec::new()),
        Config::load(Mode::Serve, None, variables(&format!("{LEAST}\n{text}"))),
    ];
    for errors in loaded.into_iter().filter_map(Result::err) {
        assert!(!errors.is_empty() && !errors.to_string().is_empty(), "a refusal says why");
    }
}

/// A file of this process.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("pombo-fuzz-{}.toml", std::process::id())));

/// `server.public_url = x` as `POMBO_SERVER__PUBLIC_URL=x`.
fn variables(text: &str) -> Vec<(OsString, OsString)> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let variable = |(key, value): (&str, &str)| {
        let name = format!("POMBO_{}", key.trim().to_uppercase().replace('.', "__"));
        (name.into(), value.trim().trim_matches('"').into())
    };
    let all: BTreeMap<OsString, OsString> = pairs.map(variable).collect();
    all.into_iter().collect()
}
