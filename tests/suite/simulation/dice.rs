//! All chance of a run, from its seed.

use std::{
    ops::RangeInclusive,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use pombo::service::Entropy;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};

/// One stream of chance. Everything happens on one thread, so the order of draws is always the same.
pub struct Dice(Mutex<StdRng>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    fn rng<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// True that often.
    pub fn odds(&self, odds: f64) -> bool {
        self.rng(|rng| rng.random_bool(odds))
    }

    pub fn below(&self, end: usize) -> usize {
        self.rng(|rng| rng.random_range(0..end))
    }

    pub fn pick<T: Clone>(&self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// One of these, those with more weight more often.
    pub fn weighted<T: Clone>(&self, of: &[(u32, T)]) -> T {
        let sum: u32 = of.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(sum as usize) as u32;
        let drawn = of.iter().find(|(weight, _)| {
            let hit = left < *weight;
            left = left.saturating_sub(*weight);
            hit
        });
        drawn.unwrap().1.clone()
    }

    pub fn millis(&self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.rng(|rng| rng.random_range(range)))
    }

    pub fn seconds(&self, range: RangeInclusive<u64>) -> Duration {
        self.millis(range.start() * 1000..=range.end() * 1000)
    }

    pub fn some<T>(&self, odds: f64, value: impl FnOnce() -> T) -> Option<T> {
        self.odds(odds).then(value)
    }

    /// A replica's own source of codes, names and nonces.
    pub fn entropy(&self) -> Entropy {
        let own = Self::new(self.rng(|rng| rng.random()));
        Entropy::new(move |bytes| own.rng(|rng| rng.fill_bytes(bytes)))
    }
}
