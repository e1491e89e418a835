//! What is almost right: valid frames, callbacks and records with a few bytes changed. Nothing crashes,
//! and memory stays flat. In the long form a million of them. `POMBO_MUTATION_SEED=n` changes them as a
//! run did that printed this seed.

mod blobs;

mod callbacks;

mod frames;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::support::long;

/// How many of each kind.
fn rounds() -> usize {
    if long() { 334_000 } else { 6_000 }
}

/// A source of chance, whose seed is printed, and may be given.
fn chance(what: &str) -> StdRng {
    let given = std::env::var("POMBO_MUTATION_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    println!("{what} are changed by the seed {seed}");
    StdRng::seed_from_u64(seed)
}

/// Changes a few bytes of what is valid.
fn mutated(valid: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        mutate(&mut bytes, rng);
    }
    bytes
}

fn mutate(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let length = bytes.len();
    if length == 0 {
        return bytes.push(rng.random());
    }
    let at = rng.random_range(0..length);
    let end = rng.random_range(at..=length.min(at + 32));
    match rng.random_range(0..6) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.extend_from_within(at..end),
        4 => bytes.insert(at, rng.random()),
        _ => bytes.truncate(at),
    }
}
