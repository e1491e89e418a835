//! What must happen often in a long run.

use std::collections::BTreeMap;

/// Everything that a long run has to meet.
const EXPECTED: &[&str] = &["issued"];

pub fn assert_all_common(counts: &BTreeMap<String, u64>, least: u64) {
    let times = |name: &&str| counts.get(*name).copied().unwrap_or_default();
    let rare: Vec<_> = EXPECTED.iter().filter(|name| times(name) < least).collect();
    assert!(rare.is_empty(), "happened less than {least} times: {rare:?}");
}
