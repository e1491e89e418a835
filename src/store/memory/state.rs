//! What a store in memory holds. Every function takes the time and none waits.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::{expiring::Expiring, limiter::Limiter, streams::Streams};
use crate::{
    otp::{DeliveryRef, MessageTag, RecipientKey, Time},
    store::{Charge, Charged, Commit, Committed, Due, Loaded, bounds::life_ms},
};

/// Ended things that a write clears away: more than a write can bring.
const SWEPT_BY_WRITE: usize = 16;

/// Ended things that a look at the schedule clears away. It comes every other second also when
/// nobody writes, so an idle service empties itself: a million things in about eight minutes.
const SWEPT_BY_CLAIM: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct State {
    now: Time,
    records: Expiring<RecipientKey, Record>,
    /// The alarms by time, and each record's own, which finds its entry.
    schedule: BTreeSet<(Time, RecipientKey)>,
    alarms: HashMap<RecipientKey, Time>,
    counters: HashMap<String, i64>,
    pub(super) events: Streams,
    pub(super) limiter: Limiter,
    messages: Expiring<[u8; 12], DeliveryRef>,
}

#[derive(Debug)]
struct Record {
    version: u64,
    blob: Vec<u8>,
}

impl State {
    /// The time, which never goes back.
    pub(super) fn tick(&mut self, clock: Time) -> Time {
        self.now = self.now.max(clock);
        self.now
    }

    pub(super) fn load(&self, key: &RecipientKey, now: Time) -> Loaded {
        let record = self.records.get(key, now);
        Loaded {
            blob: record.map(|record| record.blob.clone()),
            version: record.map_or(0, |record| record.version),
            now,
        }
    }

    pub(super) fn commit(&mut self, commit: &Commit, now: Time) -> Committed {
        self.sweep(now, SWEPT_BY_WRITE);
        let version = self.records.get(&commit.key, now).map_or(0, |record| record.version);
        if version != commit.expected {
            return Committed::Conflict;
        }
        let ends = now + Duration::from_millis(life_ms(commit.ttl));
        let record = Record { version: version + 1, blob: commit.blob.clone() };
        self.records.insert(commit.key, record, ends);
        self.set_alarm(commit.key, commit.alarm);
        for (name, amount) in &commit.counters {
            let counter = self.counters.entry(name.clone()).or_default();
            *counter = counter.saturating_add(*amount);
        }
        let told_until = now + Duration::from_millis(life_ms(commit.events_ttl));
        self.events.append(commit, told_until, now);
        Committed::Done
    }

    pub(super) fn claim(&mut self, lease: Duration, most: usize, now: Time) -> Vec<Due> {
        self.sweep(now, SWEPT_BY_CLAIM);
        let due = self.schedule.iter().take_while(|(at, _)| *at <= now);
        // A record that has ended and is not swept yet has no alarm either.
        let due = due.filter(|(_, key)| self.records.get(key, now).is_some()).take(most);
        let due: Vec<Due> = due.map(|&(at, key)| Due { key, at, now }).collect();
        let back = now + Duration::from_millis(life_ms(lease));
        due.iter().for_each(|due| self.set_alarm(due.key, Some(back)));
        due
    }

    pub(super) fn charge(&mut self, charge: &Charge, now: Time) -> Charged {
        self.sweep(now, SWEPT_BY_WRITE);
        self.limiter.charge(charge, now)
    }

    pub(super) fn remember(
        &mut self,
        message: &MessageTag,
        delivery: &DeliveryRef,
        ttl: Duration,
        now: Time,
    ) {
        self.sweep(now, SWEPT_BY_WRITE);
        self.messages.insert(message.0, *delivery, now + Duration::from_millis(life_ms(ttl)));
    }

    pub(super) fn find(&self, message: &MessageTag, now: Time) -> Option<DeliveryRef> {
        self.messages.get(&message.0, now).copied()
    }

    pub(super) fn counter(&self, name: &str) -> i64 {
        self.counters.get(name).copied().unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        let records = self.records.len() + self.schedule.len() + self.events.len();
        records + self.limiter.len() + self.messages.len()
    }

    pub(super) fn alarms(&self) -> Vec<(Time, RecipientKey)> {
        self.schedule.iter().copied().collect()
    }

    fn set_alarm(&mut self, key: RecipientKey, at: Option<Time>) {
        let old = match at {
            Some(at) => self.alarms.insert(key, at),
            None => self.alarms.remove(&key),
        };
        if let Some(old) = old {
            self.schedule.remove(&(old, key));
        }
        self.schedule.extend(at.map(|at| (at, key)));
    }

    fn sweep(&mut self, now: Time, most: usize) {
        for key in self.records.sweep(now, most) {
            self.set_alarm(key, None);
        }
        self.limiter.sweep(now, most);
        self.messages.sweep(now, most);
        self.events.sweep(now, most);
    }
}
