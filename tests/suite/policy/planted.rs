//! Each kind of violation is planted into what is in order, and is found: it and nothing else.

use super::{faults, rules::Rules, tree::Tree};

/// What is found after a change of the rules or the tree.
fn found(change: impl FnOnce(&mut Rules, &mut Tree)) -> Vec<String> {
    let (mut rules, mut tree) = (Rules::read(), Tree::read());
    change(&mut rules, &mut tree);
    faults(&rules, &tree)
}

/// Adds a crate in some version, under some licence, from crates.io.
fn add(tree: &mut Tree, name: &str, version: &str, licence: &str) {
    tree.crates.insert((name.to_owned(), version.to_owned()), licence.to_owned());
}

#[test]
fn a_licence_that_is_not_listed_is_found() {
    let found = found(|_, tree| add(tree, "copied", "1.0.0", "MIT AND GPL-3.0-only"));
    assert_eq!(found, [r#"copied has the licence "MIT AND GPL-3.0-only""#]);
}

#[test]
fn a_crate_without_a_licence_is_found() {
    assert_eq!(found(|_, tree| add(tree, "free", "1.0.0", "")), [r#"free has the licence """#]);
}

#[test]
fn a_licence_that_nothing_needs_is_found() {
    let found = found(|rules, _| rules.licenses.allow.push("NCSA".to_owned()));
    assert_eq!(found, ["nothing needs the licence NCSA"]);
}

#[test]
fn a_source_outside_of_the_registry_is_found() {
    for source in ["git+https://github.com/a/b#c", "registry+https://example.com/index"] {
        let source = Some(source.to_owned());
        let found = found(|_, tree| tree.sources.push(("forked".to_owned(), source.clone())));
        assert_eq!(found, [format!("forked comes from {source:?}")]);
    }
    let found = found(|_, tree| tree.sources.push(("vendored".to_owned(), None)));
    assert_eq!(found, ["vendored comes from None"]);
}

#[test]
fn a_second_tls_stack_is_found() {
    for name in ["openssl-sys", "native-tls", "ring"] {
        let found = found(|_, tree| add(tree, name, "1.0.0", "MIT"));
        assert_eq!(found, [format!("{name} is banned")]);
    }
}

#[test]
fn a_wildcard_is_found() {
    let found = found(|_, tree| tree.asked.push(("any".to_owned(), "*".to_owned())));
    assert_eq!(found, ["any is asked for in any version"]);
}

#[test]
fn a_second_version_is_found() {
    let found = found(|_, tree| add(tree, "bytes", "0.1.0", "MIT"));
    let [fault] = &found[..] else { panic!("{found:?}") };
    assert!(fault.starts_with("bytes is there as 0.1.0, "), "{fault}");
}

#[test]
fn a_skip_that_is_not_needed_any_more_is_found() {
    let stale = found(|_, tree| {
        tree.crates.retain(|(name, version), _| (&**name, &**version) != ("hashbrown", "0.14.5"))
    });
    assert_eq!(stale, ["hashbrown@0.14.5 need not be skipped"]);
    let alone = found(|rules, _| rules.bans.skip[0].named = "bytes@1".to_owned());
    assert!(alone.contains(&"bytes@1 need not be skipped".to_owned()), "{alone:?}");
}

#[test]
fn a_rule_that_is_not_held_here_is_refused() {
    let file = include_str!("../../../deny.toml");
    for (from, to) in
        [("wildcards = \"deny\"", "wildcards = \"allow\""), ("skip = [", "skip-tree = [")]
    {
        assert!(toml::from_str::<Rules>(file).is_ok());
        assert!(toml::from_str::<Rules>(&file.replace(from, to)).is_err(), "{to}");
    }
}
