//! The machine against a naive model: random events in random order, and after each of them
//! everything that must hold.
//!
//! `wishes` draws what people, providers and time may want (a `wish`), `world` turns it into events
//! and applies them, `naive` keeps lists of all that ever happened and judges the machine by them.
//! `PROPTEST_CASES=20000 cargo nextest run --lib model` looks longer.

mod naive;

mod tally;

mod wish;

mod wishes;

mod world;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

use tally::Tally;
use wishes::{rules, wishes};
use world::World;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_hold(rules in rules(), wishes in wishes(80)) {
        World::new(rules).live(&wishes);
    }
}

/// A property that holds because nothing ever happens is worth nothing: here everything happens.
#[test]
fn everything_happens_often_enough() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut tally = Tally::default();
    for _ in 0..600 {
        let drawn = (rules(), wishes(80)).new_tree(&mut runner).unwrap();
        let (rules, wishes) = drawn.current();
        let mut world = World::new(rules);
        world.live(&wishes);
        tally.add(&world.tally);
    }
    tally.print();
    tally.assert_complete();
}
