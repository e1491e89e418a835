//! A replica's life, and its death between any two steps: a call of a dead replica never returns.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use pombo::otp::RecipientKey;

use super::tally::Tally;

pub struct Life {
    pub number: usize,
    tally: Arc<Tally>,
    is_over: AtomicBool,
    /// Steps until it dies, once that is decided.
    left: Mutex<Option<usize>>,
    /// The last answered look at a record, and how many commits came before it. A try uses it up.
    look: Mutex<Option<(RecipientKey, u64)>>,
}

impl Life {
    pub fn new(number: usize, tally: &Arc<Tally>) -> Arc<Self> {
        Arc::new(Self {
            number,
            tally: Arc::clone(tally),
            is_over: AtomicBool::new(false),
            left: Mutex::default(),
            look: Mutex::default(),
        })
    }

    /// It dies after so many steps.
    pub fn ends_after(&self, steps: usize) {
        *lock(&self.left) = Some(steps);
    }

    /// It lives, after all.
    pub fn is_spared(&self) {
        *lock(&self.left) = None;
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// A step; returns if it lives on.
    pub async fn lives_on(&self, what: &str, when: &str) {
        if let Some(left) = &mut *lock(&self.left) {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None if !self.is_over.swap(true, Ordering::Relaxed) => {
                    self.tally.raise(format!("died {when} {what}"));
                }
                None => {}
            }
        }
        if self.is_over() {
            pending::<()>().await;
        }
    }

    pub fn looked(&self, key: RecipientKey, commits: u64) {
        *lock(&self.look) = Some((key, commits));
    }

    pub fn last_look(&self) -> Option<(RecipientKey, u64)> {
        lock(&self.look).take()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
