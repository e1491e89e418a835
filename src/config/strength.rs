//! What makes a secret one that somebody could guess, whatever it is for.

use std::collections::BTreeSet;

/// What is wrong with a secret that has fewer than so many different bytes, or a pattern: chance gives
/// neither once in a million secrets.
pub(super) fn weakness(secret: &[u8], least_kinds: usize) -> Option<&'static str> {
    let kinds: BTreeSet<_> = secret.iter().collect();
    let has_period = |period| secret[period..] == secret[..secret.len() - period];
    if kinds.len() < least_kinds || (1..=secret.len() / 2).any(has_period) {
        return Some("repeats itself");
    }
    counts(secret).then_some("counts")
}

/// Whether each byte is as far from the one before it as all others are. One step in eight may be
/// another: between 9 and a there are many.
fn counts(secret: &[u8]) -> bool {
    let steps: Vec<u8> = secret.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    let often = |step: &u8| steps.iter().filter(|other| *other == step).count();
    let usual = steps.iter().map(often).max();
    usual.is_some_and(|usual| steps.len() - usual <= steps.len() / 8)
}
