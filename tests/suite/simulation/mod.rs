//! The whole service on simulated time: use cases, store and senders, with everything that can go
//! wrong, from one seed. A seed that fails is printed, and plays again with `POMBO_SIM_SEED=n`.
//!
//! A `town` has a store, a few replicas, senders and phones. The `driver` takes one step after the
//! other: people and callers act (`people`, `calls`), the store's `line` and the senders (`pigeon`,
//! `post`) suffer from the `weather`, replicas die between two steps (`life`), clocks jump. A
//! `witness` sees all that is committed, and `laws` judge it, at every moment and in the end.
//! `mutant` spoils one thing at a time, to show that the laws see it.

mod dice;

mod tally;

mod rules;

mod town;

mod driver;

mod people;

mod calls;

mod book;

mod replica;

mod life;

mod line;

mod weather;

mod pigeon;

mod post;

mod witness;

mod laws;

mod mutant;

mod expected;

use std::{
    cell::Cell,
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use pombo::store::{Store, memory::MemoryStore};

use crate::support::long;
use laws::{Breach, Law};
use mutant::{Mutant, Mutation};
use tally::Tally;
use town::{Between, Town};

/// Steps of a run.
const STEPS: usize = 200;

/// What a run came to.
struct Run {
    end: Result<(), Breach>,
    counts: BTreeMap<String, u64>,
    /// Recognises what was committed, byte by byte.
    commits: u64,
}

fn run(seed: u64, between: &Between) -> Run {
    watch_for_panics();
    PANICKED.set(false);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let town = Town::new(seed, between);
        let end = town.live(STEPS).await;
        let commits = town.witness().seen().fingerprint;
        Run { end, counts: town.tally.take(), commits }
    })
}

thread_local! {
    /// Whether something on this thread panicked: a run's tasks have it to themselves.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

fn panicked() -> bool {
    PANICKED.get()
}

/// A panic within a task would be no more than a call that failed.
fn watch_for_panics() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICKED.set(true);
            told(panic);
        }));
    });
}

fn as_it_is(store: MemoryStore) -> Arc<dyn Store> {
    Arc::new(store)
}

/// Runs these seeds on all cores, and counts what happened.
fn run_all(seeds: Range<u64>) -> BTreeMap<String, u64> {
    let (tally, next, start) = (Tally::default(), AtomicU64::new(seeds.start), Instant::now());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let run = run(seed, &as_it_is);
                    if let Err(Breach { law, what }) = run.end {
                        println!("POMBO_SIM_SEED={seed} breaks {law:?}: {what}");
                        panic!("POMBO_SIM_SEED={seed} breaks {law:?}");
                    }
                    tally.add(&run.counts);
                }
            });
        }
    });
    let (count, seconds) = (seeds.end - seeds.start, start.elapsed().as_secs_f64());
    println!("{count} seeds, {} steps, {seconds:.1} seconds", count * STEPS as u64);
    tally.take()
}

/// The long form is for `--release`: without it, it takes ten times as long.
fn is_long() -> bool {
    long() && !cfg!(debug_assertions)
}

/// `7`, or `0..100`.
fn seeds(text: &str) -> Range<u64> {
    let (first, end) = text.split_once("..").unwrap_or((text, ""));
    let first = first.parse().unwrap();
    first..end.parse().unwrap_or(first + 1)
}

#[test]
fn whatever_happens_to_a_town_every_promise_holds() {
    let only = std::env::var("POMBO_SIM_SEED").ok().map(|text| seeds(&text));
    let seeds = match &only {
        Some(seeds) => seeds.clone(),
        None if is_long() => 0..10_000,
        None => 0..200,
    };
    let counts = run_all(seeds);
    tally::print(&counts);
    if is_long() && only.is_none() {
        expected::assert_all_common(&counts, 1_000);
    }
}

#[test]
fn a_seed_plays_again() {
    let [first, again] = [(); 2].map(|()| run(7, &as_it_is));
    assert_eq!(first.commits, again.commits);
    assert_eq!(first.counts, again.counts);
}

/// Whether one of a few seeds shows that a mutation breaks this law.
fn is_noticed(how: Mutation, law: Law) -> bool {
    (0..40).any(|seed| {
        let run = run(seed, &move |store| Arc::new(Mutant::new(how, store)));
        let breach = run.end.err();
        println!("{how:?}, seed {seed}: {breach:?}");
        breach.is_some_and(|breach| breach.law == law)
    })
}

#[test]
fn a_guess_that_is_not_counted_is_noticed() {
    assert!(is_noticed(Mutation::GuessNotCounted, Law::Attempts));
}

#[test]
fn a_second_verification_is_noticed() {
    assert!(is_noticed(Mutation::VerifiedTwice, Law::OneVerified));
}

#[test]
fn a_dropped_alarm_is_noticed() {
    assert!(is_noticed(Mutation::AlarmDropped, Law::OneAlarm));
}

#[test]
fn a_try_without_a_look_is_noticed() {
    assert!(is_noticed(Mutation::LookLeftOut, Law::LookFirst));
}

#[test]
fn a_status_moved_back_is_noticed() {
    assert!(is_noticed(Mutation::StatusMovedBack, Law::Forward));
}

#[test]
fn a_ledger_cleared_by_a_new_challenge_is_noticed() {
    assert!(is_noticed(Mutation::LedgerCleared, Law::Memory));
}

#[test]
fn a_digest_stored_after_its_message_went_out_is_noticed() {
    assert!(is_noticed(Mutation::DigestStoredLate, Law::DigestFirst));
}
