//! Counters that many recipients share.

use std::time::Duration;

use super::expiring::Expiring;
use crate::{
    otp::{OperationId, Time},
    store::{
        Charge, Charged, Holder,
        gcra::{Level, Rate},
    },
};

type Counter = [u8; 16];
type Operation = [u8; 12];

/// Buckets of counters, and which operations were charged for.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    buckets: Expiring<Counter, Vec<(Rate, Level)>>,
    charged: Expiring<(Counter, Operation), Mark>,
}

/// That an operation was charged: how much, how full each bucket was with it, and who relies on it.
#[derive(Debug)]
struct Mark {
    cost: u32,
    levels: Vec<(Rate, Level)>,
    holders: Vec<Option<Holder>>,
}

impl Limiter {
    pub(super) fn charge(&mut self, charge: &Charge, now: Time) -> Charged {
        let rates = Rate::all(charge);
        if rates.is_empty() {
            return Charged::Allowed;
        }
        let mark = (charge.counter, charge.operation.0);
        let (cost, holder) = (charge.cost.unsigned_abs(), charge.holder);
        match (charge.cost > 0, self.charged.get_mut(&mark, now)) {
            (true, None) => return self.pour(&rates, mark, holder, cost, now),
            (true, Some(known)) => known.rely(holder),
            (false, Some(known)) => {
                if known.let_go(holder) {
                    self.give_back(&rates, mark, now);
                }
            }
            (false, None) => {}
        }
        Charged::Allowed
    }

    pub(super) fn sweep(&mut self, now: Time, most: usize) {
        self.buckets.sweep(now, most);
        self.charged.sweep(now, most);
    }

    /// What stands charged now.
    pub(super) fn charged(&self, now: Time) -> impl Iterator<Item = (Counter, OperationId)> {
        self.charged.keys(now).map(|&(counter, operation)| (counter, OperationId(operation)))
    }

    pub(super) fn len(&self) -> usize {
        self.buckets.len() + self.charged.len()
    }

    fn pour(
        &mut self,
        rates: &[Rate],
        mark: (Counter, Operation),
        holder: Option<Holder>,
        cost: u32,
        now: Time,
    ) -> Charged {
        let levels = rates.iter().map(|&rate| (rate, self.level(&mark.0, rate, now)));
        let poured: Vec<_> =
            levels.map(|(rate, level)| (rate, rate.pour(level, cost, now))).collect();
        if let Some(wait) = poured.iter().filter_map(|(_, poured)| poured.err()).max() {
            return Charged::Refused(wait);
        }
        let levels = poured.into_iter().filter_map(|(rate, poured)| Some((rate, poured.ok()?)));
        let levels: Vec<_> = levels.collect();
        self.keep(mark.0, levels.clone(), now);
        let longest_ms = rates.iter().map(|rate| rate.length_ms).max().unwrap_or_default();
        let charged = Mark { cost, levels, holders: vec![holder] };
        self.charged.insert(mark, charged, now + Duration::from_millis(longest_ms));
        Charged::Allowed
    }

    /// In the windows that it was charged in and that still are.
    fn give_back(&mut self, rates: &[Rate], mark: (Counter, Operation), now: Time) {
        let Some(charged) = self.charged.remove(&mark) else { return };
        let levels = rates.iter().filter_map(|&rate| {
            let poured = charged.levels.iter().find(|(known, _)| known.is_of(rate))?.1;
            let level = self.level(&mark.0, rate, now);
            Some((rate, rate.give_back(level, poured, charged.cost, now)))
        });
        let levels = levels.collect();
        self.keep(mark.0, levels, now);
    }

    fn level(&self, counter: &Counter, rate: Rate, now: Time) -> Level {
        let buckets = self.buckets.get(counter, now).into_iter().flatten();
        let mut levels = buckets.filter(|(other, _)| other.is_of(rate)).map(|&(_, level)| level);
        levels.next().unwrap_or_default()
    }

    /// Writes the levels of these windows; buckets of other windows stay until they are empty. An
    /// empty bucket is like one that was never used, so the last to run empty ends them all.
    fn keep(&mut self, counter: Counter, mut levels: Vec<(Rate, Level)>, now: Time) {
        let old = self.buckets.get(&counter, now).into_iter().flatten();
        let other = |rate: Rate| levels.iter().all(|&(new, _)| !new.is_of(rate));
        let others: Vec<_> = old.filter(|&&(rate, _)| other(rate)).copied().collect();
        levels.extend(others);
        levels.retain(|&(rate, level)| rate.empty_at(level) > now);
        let empty_at = levels.iter().map(|&(rate, level)| rate.empty_at(level)).max();
        match empty_at {
            Some(empty_at) => self.buckets.insert(counter, levels, empty_at),
            None => drop(self.buckets.remove(&counter)),
        }
    }
}

impl Mark {
    fn rely(&mut self, holder: Option<Holder>) {
        if !self.holders.contains(&holder) {
            self.holders.push(holder);
        }
    }

    /// Whether nobody relies on it any more.
    fn let_go(&mut self, holder: Option<Holder>) -> bool {
        self.holders.retain(|known| holder.is_some() && *known != holder);
        self.holders.is_empty()
    }
}
