//! The whole service on simulated time: use cases, store and senders, with everything that can go
//! wrong, from one seed. A seed that fails is printed, and plays again with `POMBO_SIM_SEED=n`.
//!
//! A `town` has a store, a few replicas, senders and phones. The `driver` takes one step after the
//! other: people and callers act (`people`, `calls`), the store's `line` and the senders (`pigeon`,
//! `post`) suffer from the `weather`, replicas die between two steps (`life`), clocks jump. A
//! `witness` sees all that is committed, and `laws` judge it, at every moment and in the end.
//! Where a `mutant` of the store spoils one thing, they must see it (`mutations`).
//!
//! Some towns have rules against toll fraud, and a `bill` of what each text message is to be charged. Of
//! these some are gentle: their store is slow and meets conflicts, but loses nothing, and no replica dies.
//! There nothing else may stay charged in the end.

mod dice;

mod tally;

mod rules;

mod town;

mod driver;

mod people;

mod calls;

mod book;

mod bill;

mod replica;

mod life;

mod line;

mod weather;

mod pigeon;

mod post;

mod witness;

mod laws;

mod expected;

mod spoilt;

mod mutant;

mod mutations;

mod twins;

mod lost;

mod taken;

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
use laws::Breach;
use tally::Tally;
use town::{Between, Town};

/// Steps of a run.
const STEPS: usize = 240;

/// What a run came to.
struct Run {
    end: Result<(), Breach>,
    counts: BTreeMap<String, u64>,
    /// Recognises what was committed, byte by byte.
    commits: u64,
}

fn run(seed: u64, between: &Between) -> Run {
    run_in(|| Town::drawn(seed).opened(between))
}

fn run_in(town: impl FnOnce() -> Arc<Town>) -> Run {
    watch_for_panics();
    PANICKED.set(false);
    on_simulated_time(async {
        let town = town();
        let end = town.live(STEPS).await;
        let commits = town.witness().seen().fingerprint;
        // They hold the town as it holds them.
        town.replicas().clear();
        Run { end, counts: town.tally.take(), commits }
    })
}

/// Time passes when there is nothing else to do.
fn on_simulated_time<T>(life: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(life)
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
    if only.is_none() {
        expected::assert_all_common(&counts, if is_long() { 1_000 } else { 5 });
    }
}

#[test]
fn a_seed_plays_again() {
    let [first, again] = [(); 2].map(|()| run(7, &as_it_is));
    assert_eq!(first.commits, again.commits);
    assert_eq!(first.counts, again.counts);
}
