//! A store in memory whose clock the test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pombo::{otp::Time, store::memory::MemoryStore};

/// A clock that stands still where nobody moves it.
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// So much time passes.
    pub fn pass(&self, span: Duration) {
        self.0.fetch_add(span.as_millis() as u64, Ordering::SeqCst);
    }
}

/// A store, and its clock.
pub fn store() -> (MemoryStore, Clock) {
    let now_ms = Arc::new(AtomicU64::new(1_790_000_000_000));
    let told = Arc::clone(&now_ms);
    let now = move || Time::from_millis(told.load(Ordering::SeqCst));
    (MemoryStore::with_clock(Arc::new(now)), Clock(now_ms))
}
