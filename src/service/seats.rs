//! Seats: so many at once over all, and so many of them for one holder. Who finds none is told so at
//! once, and does not wait for one.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A house with a bounded number of seats. Clones are the same house.
pub struct Seats<K> {
    /// Seats over all.
    all: usize,
    /// Seats that one holder may have.
    each: usize,
    taken: Arc<Mutex<Taken<K>>>,
}

struct Taken<K> {
    all: usize,
    /// Of whoever has any.
    by_holder: HashMap<K, usize>,
}

/// One seat, left when dropped.
pub struct Seat<K: Eq + Hash> {
    holder: K,
    taken: Arc<Mutex<Taken<K>>>,
}

impl<K: Eq + Hash + Clone> Seats<K> {
    /// So many over all, so many for each.
    pub fn new(all: usize, each: usize) -> Self {
        let taken = Taken { all: 0, by_holder: HashMap::new() };
        Self { all, each, taken: Arc::new(Mutex::new(taken)) }
    }

    /// A seat, if there is one for this holder.
    pub fn take(&self, holder: K) -> Option<Seat<K>> {
        let mut taken = lock(&self.taken);
        let held = taken.by_holder.get(&holder).copied().unwrap_or_default();
        if taken.all >= self.all || held >= self.each {
            return None;
        }
        taken.all += 1;
        taken.by_holder.insert(holder.clone(), held + 1);
        Some(Seat { holder, taken: Arc::clone(&self.taken) })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        if let Some(held) = taken.by_holder.get_mut(&self.holder) {
            *held -= 1;
            if *held == 0 {
                taken.by_holder.remove(&self.holder);
            }
        }
    }
}

fn lock<K>(taken: &Mutex<Taken<K>>) -> MutexGuard<'_, Taken<K>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_can_not_take_every_seat() {
        let seats = Seats::new(5, 3);
        let greedy: Vec<_> = (0..9).filter_map(|_| seats.take("greedy")).collect();
        assert_eq!(greedy.len(), 3);
        let others: Vec<_> = ["a", "b", "c"].into_iter().filter_map(|it| seats.take(it)).collect();
        assert_eq!(others.len(), 2, "the house is full");
        drop(greedy);
        assert!(seats.take("c").is_some());
        drop(others);
        assert!(lock(&seats.taken).by_holder.is_empty(), "nothing is left behind");
    }
}
