//! How often each thing happened: a run in which nothing happens holds every promise.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Counts by name.
#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<String, u64>>);

impl Tally {
    pub fn raise(&self, name: impl AsRef<str>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(name.as_ref()) {
            Some(count) => *count += 1,
            None => drop(counts.insert(name.as_ref().to_owned(), 1)),
        }
    }

    pub fn take(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn add(&self, other: &BTreeMap<String, u64>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        other.iter().for_each(|(name, times)| *counts.entry(name.clone()).or_default() += times);
    }
}

/// Prints the table, the rarest last.
pub fn print(counts: &BTreeMap<String, u64>) {
    let mut table: Vec<_> = counts.iter().collect();
    table.sort_by_key(|(name, times)| (std::cmp::Reverse(**times), (*name).clone()));
    table.iter().for_each(|(name, times)| println!("{times:>9}  {name}"));
}
