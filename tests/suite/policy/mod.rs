//! What the service is made of: `deny.toml` is held without a network and without `cargo deny`. What
//! needs either, advisories and yanked versions, is `cargo deny`'s own.

mod faults;

mod licence;

mod planted;

mod rules;

mod tree;

use faults::faults;
use rules::Rules;
use tree::{LOCK, Tree, locked};

/// What the search adds of its own.
const SEARCH: [&str; 3] = ["pombo-fuzz", "libfuzzer-sys", "arbitrary"];

#[test]
fn the_tree_is_made_of_what_the_policy_allows() {
    let (rules, tree) = (Rules::read(), Tree::read());
    println!("{} crates from {} sources are judged", tree.crates.len(), tree.sources.len());
    assert!(tree.crates.len() > 200, "the whole tree is looked at");
    assert_eq!(faults(&rules, &tree), Vec::<String>::new());
}

#[test]
fn what_is_searched_is_what_is_served() {
    let (served, searched) = (locked(LOCK), locked(include_str!("../../../fuzz/Cargo.lock")));
    let own = |name: &String| SEARCH.contains(&name.as_str());
    let others: Vec<_> = searched.difference(&served).filter(|(name, ..)| !own(name)).collect();
    assert!(others.is_empty(), "update fuzz/Cargo.lock, too: {others:?}");
}
