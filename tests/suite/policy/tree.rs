//! What is in the tree: by `cargo tree` what is built on this machine, by `Cargo.lock` where all of it
//! comes from, by `Cargo.toml` what this crate asks for.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use toml::{Table, Value};

/// What the service is locked to.
pub const LOCK: &str = include_str!("../../../Cargo.lock");

#[derive(Clone)]
pub struct Tree {
    /// Licences, by name and version.
    pub crates: BTreeMap<(String, String), String>,
    /// Where each locked crate comes from; what lies in this folder comes from nowhere.
    pub sources: Vec<(String, Option<String>)>,
    /// What this crate asks for, and in which version.
    pub asked: Vec<(String, String)>,
}

impl Tree {
    pub fn read() -> Self {
        Self {
            crates: built().lines().map(parts).collect(),
            sources: locked(LOCK).into_iter().map(|(name, _, source)| (name, source)).collect(),
            asked: ["dependencies", "build-dependencies", "dev-dependencies"]
                .into_iter()
                .flat_map(asked)
                .collect(),
        }
    }

    /// The versions of each crate.
    pub fn versions(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, version) in self.crates.keys() {
            versions.entry(name).or_default().insert(version);
        }
        versions
    }
}

fn built() -> String {
    let flags = ["tree", "--locked", "--offline", "--all-features", "--prefix=none"];
    let told = Command::new(env!("CARGO"))
        .args(flags)
        .args(["--format", "{p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap()
}

/// `name v1.2.3 (proc-macro)|licence (*)`.
fn parts(line: &str) -> ((String, String), String) {
    let (named, licence) = line.split_once('|').unwrap();
    let mut named = named.split(' ').map(str::to_owned);
    let (name, version) = (named.next().unwrap(), named.next().unwrap());
    let licence = licence.trim_end_matches("(*)").trim();
    ((name, version.trim_start_matches('v').to_owned()), licence.to_owned())
}

/// Name, version and source of each crate of a lock file.
pub fn locked(lock: &str) -> BTreeSet<(String, String, Option<String>)> {
    let lock: Table = toml::from_str(lock).unwrap();
    let text = |package: &Value, key| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let parts =
        |it: &Value| (text(it, "name").unwrap(), text(it, "version").unwrap(), text(it, "source"));
    lock["package"].as_array().unwrap().iter().map(parts).collect()
}

fn asked(section: &str) -> Vec<(String, String)> {
    let manifest: Table = toml::from_str(include_str!("../../../Cargo.toml")).unwrap();
    let asked = manifest[section].as_table().unwrap().iter();
    let version =
        |it: &Value| it.as_str().or_else(|| it.get("version")?.as_str()).map(str::to_owned);
    asked.map(|(name, it)| (name.clone(), version(it).unwrap_or("*".to_owned()))).collect()
}
