//! Event streams in memory, and how far their readers are.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    otp::Time,
    store::{
        Commit, EventId, Followed, Reader, Recorded,
        bounds::{EVENTS_KEPT, life_ms, partition},
    },
};

/// Enough that a reader can hand on many events at once.
pub(super) const PARTITIONS: u32 = 16;

/// Events that each stream keeps.
const KEPT: usize = EVENTS_KEPT / PARTITIONS as usize;

/// All streams, by partition.
#[derive(Debug, Default)]
pub(super) struct Streams([Stream; PARTITIONS as usize]);

#[derive(Debug, Default)]
struct Stream {
    /// Oldest first, each with its end.
    events: VecDeque<(Time, Recorded)>,
    /// The newest there ever was.
    last: EventId,
    /// By name. There are no more than kinds of readers.
    places: HashMap<&'static str, Place>,
}

/// A reader's place in a stream.
#[derive(Debug)]
struct Place {
    passed: EventId,
    /// Who has the stream to itself, until when.
    holder: Option<(u64, Time)>,
}

impl Streams {
    pub(super) fn append(&mut self, commit: &Commit, ends: Time, now: Time) {
        let stream = &mut self.0[partition(&commit.key.0, PARTITIONS) as usize];
        for event in &commit.events {
            let nth = if stream.last.at == now { stream.last.nth + 1 } else { 0 };
            stream.last = EventId { at: now, nth, count: stream.last.count + 1 };
            stream.events.push_back((ends, Recorded { id: stream.last, event: event.clone() }));
        }
        let excess = stream.events.len().saturating_sub(KEPT);
        stream.events.drain(..excess);
    }

    pub(super) fn follow(
        &mut self,
        reader: &Reader,
        lease: Duration,
        most: usize,
        now: Time,
    ) -> Followed {
        let Some(stream) = self.0.get_mut(reader.partition as usize) else {
            return Followed::Events { events: Vec::new(), lost: 0, now };
        };
        stream.sweep(now, usize::MAX);
        stream.follow(reader, lease, most, now)
    }

    pub(super) fn pass(
        &mut self,
        reader: &Reader,
        event: EventId,
        lease: Duration,
        now: Time,
    ) -> bool {
        let stream = self.0.get_mut(reader.partition as usize);
        let place = stream.and_then(|stream| stream.places.get_mut(reader.name));
        match place.filter(|place| place.holder.is_some_and(|(who, _)| who == reader.holder)) {
            Some(place) => {
                *place = Place { passed: event, holder: reader.lease(lease, now) };
                true
            }
            None => false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|stream| stream.events.len()).sum()
    }

    pub(super) fn sweep(&mut self, now: Time, most: usize) {
        self.0.iter_mut().for_each(|stream| stream.sweep(now, most));
    }
}

impl Stream {
    fn follow(&mut self, reader: &Reader, lease: Duration, most: usize, now: Time) -> Followed {
        let oldest = self.events.front().map_or(self.last.count, |(_, it)| it.id.count - 1);
        let start =
            || Place { passed: EventId { count: oldest, ..EventId::default() }, holder: None };
        let place = self.places.entry(reader.name).or_insert_with(start);
        if place.holder.is_some_and(|(who, until)| who != reader.holder && until > now) {
            return Followed::ByAnother;
        }
        let lost = oldest.saturating_sub(place.passed.count);
        place.passed.count += lost;
        let passed = place.passed.count;
        let next = self.events.iter().map(|(_, event)| event).filter(|it| it.id.count > passed);
        let events: Vec<_> = next.take(most).cloned().collect();
        place.holder = reader.lease(lease, now).filter(|_| !events.is_empty());
        Followed::Events { events, lost, now }
    }

    /// Events leave in the order in which they came: those at the front that have ended.
    fn sweep(&mut self, now: Time, most: usize) {
        let ended = self.events.iter().take_while(|(ends, _)| *ends <= now).take(most).count();
        self.events.drain(..ended);
    }
}

impl Reader {
    fn lease(&self, lease: Duration, now: Time) -> Option<(u64, Time)> {
        Some((self.holder, now + Duration::from_millis(life_ms(lease))))
    }
}
