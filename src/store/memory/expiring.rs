//! A map whose entries have an end.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use crate::otp::Time;

/// Entries that are gone once their time has come, and soon afterwards also take no memory.
#[derive(Debug)]
pub(super) struct Expiring<K, V> {
    entries: HashMap<K, (V, Time)>,
    /// Every entry's end, so that a sweep touches nothing but what has ended.
    ends: BTreeSet<(Time, K)>,
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), ends: BTreeSet::new() }
    }
}

impl<K: Copy + Eq + Hash + Ord, V> Expiring<K, V> {
    /// The entry, if it has not ended.
    pub(super) fn get(&self, key: &K, now: Time) -> Option<&V> {
        self.entries.get(key).filter(|(_, ends)| *ends > now).map(|(value, _)| value)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, key: &K, now: Time) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|(_, ends)| *ends > now).map(|(value, _)| value)
    }

    /// Takes the entry's place, with a new end.
    pub(super) fn insert(&mut self, key: K, value: V, ends: Time) {
        if let Some((_, old)) = self.entries.insert(key, (value, ends)) {
            self.ends.remove(&(old, key));
        }
        self.ends.insert((ends, key));
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (value, ends) = self.entries.remove(key)?;
        self.ends.remove(&(ends, *key));
        Some(value)
    }

    /// Drops what has ended, at most `most`, and hands out whose end it was.
    pub(super) fn sweep(&mut self, now: Time, most: usize) -> Vec<K> {
        let ended = self.ends.iter().take_while(|(ends, _)| *ends <= now).take(most);
        let ended: Vec<K> = ended.map(|&(_, key)| key).collect();
        ended.iter().for_each(|key| drop(self.remove(key)));
        ended
    }

    /// What has not ended.
    pub(super) fn keys(&self, now: Time) -> impl Iterator<Item = &K> {
        self.entries.iter().filter(move |(_, (_, ends))| *ends > now).map(|(key, _)| key)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_ends_to_the_millisecond_and_takes_no_memory_after_a_sweep() {
        let mut map = Expiring::default();
        map.insert(1, "one", Time::from_millis(10));
        assert_eq!(map.get(&1, Time::from_millis(9)), Some(&"one"));
        assert_eq!(map.get(&1, Time::from_millis(10)), None);
        map.insert(1, "longer", Time::from_millis(20));
        assert!(map.sweep(Time::from_millis(10), 9).is_empty());
        assert_eq!(map.sweep(Time::from_millis(20), 9), [1]);
        assert_eq!((map.len(), map.ends.len()), (0, 0));
    }

    #[test]
    fn a_sweep_is_bounded() {
        let mut map = Expiring::default();
        (0..10).for_each(|key| map.insert(key, (), Time::from_millis(1)));
        assert_eq!(map.sweep(Time::from_millis(1), 4).len(), 4);
        assert_eq!(map.len(), 6);
    }
}
