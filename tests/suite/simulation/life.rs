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

/// When a replica dies.
#[derive(Clone, Copy, Debug)]
pub enum Doom {
    /// After so many steps.
    After(usize),
    /// At the next step of this kind, before or after it.
    At(&'static str, &'static str),
}

pub struct Life {
    pub number: usize,
    tally: Arc<Tally>,
    is_over: AtomicBool,
    /// When it dies, once that is decided.
    doom: Mutex<Option<Doom>>,
    /// The last answered look at a record, and which version it found. A try uses it up.
    look: Mutex<Option<(RecipientKey, u64)>>,
}

impl Life {
    pub fn new(number: usize, tally: &Arc<Tally>) -> Arc<Self> {
        Arc::new(Self {
            number,
            tally: Arc::clone(tally),
            is_over: AtomicBool::new(false),
            doom: Mutex::default(),
            look: Mutex::default(),
        })
    }

    /// Decides when it dies, if it does.
    pub fn doom(&self, doom: Option<Doom>) {
        *lock(&self.doom) = doom;
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// A step; returns if it lives on.
    pub async fn lives_on(&self, what: &str, when: &str) {
        if self.dies(what, when) && !self.is_over.swap(true, Ordering::Relaxed) {
            self.tally.raise(format!("died {when} {what}"));
        }
        if self.is_over() {
            pending::<()>().await;
        }
    }

    fn dies(&self, what: &str, when: &str) -> bool {
        match &mut *lock(&self.doom) {
            None => false,
            Some(Doom::After(0)) => true,
            Some(Doom::After(left)) => {
                *left -= 1;
                false
            }
            Some(Doom::At(at, then)) => *at == what && *then == when,
        }
    }

    pub fn looked(&self, key: RecipientKey, version: u64) {
        *lock(&self.look) = Some((key, version));
    }

    pub fn last_look(&self) -> Option<(RecipientKey, u64)> {
        lock(&self.look).take()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
