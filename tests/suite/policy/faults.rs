//! What in a tree is against the rules, one line each.

use super::{rules::Rules, tree::Tree};

pub fn faults(rules: &Rules, tree: &Tree) -> Vec<String> {
    let faults = [
        licences(rules, tree),
        unused(rules, tree),
        sources(rules, tree),
        banned(rules, tree),
        wildcards(tree),
        duplicates(rules, tree),
        stale(rules, tree),
    ];
    faults.concat()
}

fn licences(rules: &Rules, tree: &Tree) -> Vec<String> {
    let refused = tree.crates.iter().filter(|(_, licence)| !rules.licenses.allow(licence));
    refused.map(|((name, _), licence)| format!("{name} has the licence {licence:?}")).collect()
}

/// Licences without which the tree would be in order as well.
fn unused(rules: &Rules, tree: &Tree) -> Vec<String> {
    let names = rules.licenses.allow.iter();
    let is_unused = |name: &&String| {
        let mut fewer = rules.clone();
        fewer.licenses.allow.retain(|it| it != *name);
        licences(&fewer, tree).len() == licences(rules, tree).len()
    };
    names.filter(is_unused).map(|name| format!("nothing needs the licence {name}")).collect()
}

fn sources(rules: &Rules, tree: &Tree) -> Vec<String> {
    let allowed = |source: &str| {
        let registry = source.strip_prefix("registry+");
        registry.is_some_and(|it| rules.sources.allow_registry.iter().any(|allowed| allowed == it))
    };
    let foreign = tree.sources.iter().filter(|(name, source)| match source {
        Some(source) => !allowed(source),
        None => name != env!("CARGO_PKG_NAME"),
    });
    foreign.map(|(name, source)| format!("{name} comes from {source:?}")).collect()
}

fn banned(rules: &Rules, tree: &Tree) -> Vec<String> {
    let versions = tree.versions();
    let present = rules.bans.deny.iter().filter(|it| versions.contains_key(&*it.named));
    present.map(|it| format!("{} is banned", it.named)).collect()
}

fn wildcards(tree: &Tree) -> Vec<String> {
    let any = tree.asked.iter().filter(|(_, version)| version.contains('*'));
    any.map(|(name, _)| format!("{name} is asked for in any version")).collect()
}

fn duplicates(rules: &Rules, tree: &Tree) -> Vec<String> {
    let skipped = |name: &str, version: &str| {
        rules.bans.skip.iter().any(|it| it.named == format!("{name}@{version}"))
    };
    let left = tree.versions().into_iter().map(|(name, versions)| {
        (name, versions.into_iter().filter(|version| !skipped(name, version)).collect::<Vec<_>>())
    });
    let twice = left.filter(|(_, versions)| versions.len() > 1);
    twice.map(|(name, versions)| format!("{name} is there as {}", versions.join(", "))).collect()
}

/// Entries of the skip list that excuse nothing.
fn stale(rules: &Rules, tree: &Tree) -> Vec<String> {
    let versions = tree.versions();
    let excuses = |named: &str| {
        let (name, version) = named.split_once('@')?;
        versions.get(name).map(|there| there.len() > 1 && there.contains(version))
    };
    let stale = rules.bans.skip.iter().filter(|it| excuses(&it.named) != Some(true));
    stale.map(|it| format!("{} need not be skipped", it.named)).collect()
}
