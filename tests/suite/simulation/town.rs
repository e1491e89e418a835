//! One run: the store, the replicas, the roads, the phones and whoever calls, on simulated time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pombo::{
    otp::{IndexKey, Keyring, Rules, Time, keyring::Secret, toll},
    service::{Service, SharedLimits},
    store::{Store, memory::MemoryStore},
};
use tokio::time::Instant;

use super::{
    bill::Bill,
    book::Book,
    dice::Dice,
    laws::Court,
    replica::Replica,
    rules::{rules, shared_limits, tolls},
    tally::Tally,
    weather::{Fault, SLOW, Weather},
    witness::Witness,
};

/// Where time begins.
const START: u64 = 1_790_000_000_000;

pub struct Town {
    pub dice: Dice,
    pub tally: Arc<Tally>,
    pub court: Court,
    pub rules: Rules,
    pub shared_limits: SharedLimits,
    pub tolls: toll::Rules,
    /// Whether its store loses nothing and its replicas live.
    pub is_gentle: bool,
    pub index: IndexKey,
    pub keyring: Keyring,
    pub memory: MemoryStore,
    /// Whether what must last is waited for until replicas have it.
    pub waits_for_replicas: bool,
    /// Whether the store says so: what is found in a record is told at once otherwise.
    pub says_that_it_waits: bool,
    /// How far the store's clock is ahead.
    ahead: Arc<AtomicU64>,
    witness: OnceLock<Arc<Witness>>,
    bill: Mutex<Bill>,
    book: Mutex<Book>,
    weather: Mutex<Weather>,
    replicas: Mutex<Vec<Replica>>,
    /// Since when all is well, by the clock and by the store's.
    calm_since: Mutex<(Instant, Time)>,
}

/// What stands between the witness and the store.
pub type Between = dyn Fn(MemoryStore) -> Arc<dyn Store> + Sync;

impl Town {
    /// A town of this seed, with nobody in it.
    pub fn drawn(seed: u64) -> Self {
        let (dice, start) = (Dice::new(seed), Instant::now());
        let ahead = Arc::new(AtomicU64::new(DAYS_AHEAD));
        let moved = Arc::clone(&ahead);
        let memory = MemoryStore::with_clock(Arc::new(move || {
            let ahead = Duration::from_millis(moved.load(Ordering::Relaxed));
            Time::from_millis(START) + start.elapsed() + ahead - Duration::from_millis(DAYS_AHEAD)
        }));
        let tolls = dice.some(0.35, || tolls(&dice)).unwrap_or_default();
        Self {
            bill: Mutex::new(Bill::new(&index(), &tolls)),
            is_gentle: tolls.is_on() && dice.odds(0.3),
            rules: rules(&dice, tolls.is_on()),
            tolls,
            tally: Arc::default(),
            court: Court::default(),
            shared_limits: shared_limits(&dice),
            index: index(),
            keyring: keyring(),
            memory,
            waits_for_replicas: dice.odds(0.25),
            says_that_it_waits: true,
            ahead,
            witness: OnceLock::new(),
            book: Mutex::default(),
            weather: Mutex::default(),
            replicas: Mutex::default(),
            calm_since: Mutex::new((start, Time::default())),
            dice,
        }
    }

    /// Opens its store.
    pub fn opened(self, between: &Between) -> Arc<Self> {
        let town = Arc::new(self);
        let witness = Witness::new(between(town.memory.clone()), Arc::downgrade(&town));
        town.witness.get_or_init(|| witness);
        town
    }

    pub fn witness(&self) -> &Arc<Witness> {
        self.witness.get().unwrap()
    }

    /// The store's time, which never goes back.
    pub fn now(&self) -> Time {
        self.memory.time()
    }

    /// Moves the store's clock.
    pub fn jump(&self, by: Duration, back: bool) {
        let by = by.as_millis() as u64;
        match back {
            false => self.ahead.fetch_add(by, Ordering::Relaxed),
            true => self.ahead.fetch_sub(by, Ordering::Relaxed),
        };
        self.unrest();
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    pub fn bill(&self) -> MutexGuard<'_, Bill> {
        lock(&self.bill)
    }

    pub fn weather(&self) -> MutexGuard<'_, Weather> {
        lock(&self.weather)
    }

    pub fn replicas(&self) -> MutexGuard<'_, Vec<Replica>> {
        lock(&self.replicas)
    }

    /// A replica that lives, if any does: a caller's or a provider's choice.
    pub fn some_replica(&self) -> Option<Arc<Service>> {
        let replicas = self.replicas();
        let alive: Vec<_> = replicas.iter().filter(|it| !it.life.is_over()).collect();
        (!alive.is_empty()).then(|| Arc::clone(&alive[self.dice.below(alive.len())].service))
    }

    /// What happens to a replica's next call to the store, and what a while is then.
    pub fn fault(&self, replica: usize, what: &str) -> Option<(Fault, Duration)> {
        let mut weather = self.weather();
        let next = if what == "commit" { weather.store.commits.pop_front() } else { None };
        next.or_else(|| {
            let fault = weather.store.fault(&self.dice, replica)?;
            Some((fault, self.dice.millis(SLOW)))
        })
    }

    /// Whether a commit meets a conflict out of nothing.
    pub fn conflicts(&self) -> bool {
        let odds = self.weather().store.conflicts;
        self.dice.odds(odds)
    }

    /// Whether replicas are too late to acknowledge a commit.
    pub fn lags(&self) -> bool {
        let odds = self.weather().store.faults;
        self.dice.odds(odds)
    }

    /// Something is not as it should be.
    pub fn unrest(&self) {
        *lock(&self.calm_since) = (Instant::now(), self.now());
    }

    /// For how long all has been well. While the store's clock stands still, since it was moved back,
    /// a lease does not run out either.
    pub fn calm(&self) -> Duration {
        let (since, then) = *lock(&self.calm_since);
        since.elapsed().min(self.now().since(then))
    }
}

/// So that the clock can be moved back before its beginning.
const DAYS_AHEAD: u64 = 30 * 86_400_000;

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

pub fn index() -> IndexKey {
    IndexKey::new(secret(1))
}

pub fn keyring() -> Keyring {
    Keyring::new([("k1".to_owned(), secret(2))])
}
