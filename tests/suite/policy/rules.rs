//! `deny.toml`, as far as it is held here. A key that is not known here is an error, so that nothing in
//! it is believed to be held and is not.

use serde::Deserialize;

use super::licence::Licences;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub licenses: Licences,
    pub sources: Sources,
    pub bans: Bans,
    /// For whom `cargo deny` looks; here it is this machine.
    #[serde(rename = "graph")]
    _graph: toml::Table,
    /// Needs a network.
    #[serde(rename = "advisories")]
    _advisories: toml::Table,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sources {
    #[serde(rename = "unknown-registry")]
    _unknown_registry: Deny,
    #[serde(rename = "unknown-git")]
    _unknown_git: Deny,
    pub allow_registry: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bans {
    #[serde(rename = "multiple-versions")]
    _multiple_versions: Deny,
    #[serde(rename = "wildcards")]
    _wildcards: Deny,
    /// Crates that must not be in the tree.
    pub deny: Vec<Entry>,
    /// Versions that may stand beside others.
    pub skip: Vec<Entry>,
}

/// `name` or `name@version`, and why.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    #[serde(rename = "crate")]
    pub named: String,
    #[serde(rename = "reason")]
    _reason: String,
}

/// What is held here is denied, or it would have to be told apart.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Deny,
}

impl Rules {
    pub fn read() -> Self {
        toml::from_str(include_str!("../../../deny.toml")).unwrap()
    }
}
