//! What becomes known of a place: while somebody writes of it, what comes meanwhile gathers.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    insight::{RefusedCalls, metrics},
    otp::{Country, RecipientKey, toll::evidence::Matured},
};

/// What has gathered for places that somebody is writing of.
#[derive(Default)]
pub struct Learning(Mutex<HashMap<Place, News>>);

/// Where text messages go: a prefix, or a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Where what is known of it is kept.
    pub(super) key: RecipientKey,
    /// The country, or the prefix's.
    pub(super) country: Country,
}

/// What is to be written of a place.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    /// What became of challenges.
    pub(super) matured: Matured,
    /// Calls that were refused, for the event record.
    pub(super) refused: RefusedCalls,
}

impl News {
    fn add(&mut self, other: Self) {
        self.matured.add(other.matured);
        self.refused.add(other.refused);
    }

    pub(super) fn lose(&self) {
        metrics::evidence_lost(self.matured.challenges.saturating_add(self.refused.count()));
    }
}

/// Who writes of a place, and what. Nobody else does until it is dropped.
pub(super) struct Writer<'a> {
    learning: &'a Learning,
    place: Place,
    pub(super) in_hand: News,
    is_done: bool,
}

impl Learning {
    /// Adds to what has gathered. If nobody is writing of the place, it is for who asks.
    pub(super) fn gather(&self, place: Place, news: News) -> Option<Writer<'_>> {
        let mut gathered = self.lock();
        let nobody_writes = !gathered.contains_key(&place);
        gathered.entry(place).or_default().add(news);
        let writer = || Writer { learning: self, place, in_hand: News::default(), is_done: false };
        nobody_writes.then(writer)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, News>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer<'_> {
    /// Takes what has gathered in hand, beside what is there still. False once nothing is: then nobody
    /// is writing any more.
    pub(super) fn take(&mut self) -> bool {
        let mut gathered = self.learning.lock();
        self.in_hand.add(gathered.get_mut(&self.place).map(mem::take).unwrap_or_default());
        self.is_done = self.in_hand == News::default();
        if self.is_done {
            gathered.remove(&self.place);
        }
        !self.is_done
    }

    /// What is in hand was written, or is lost.
    pub(super) fn let_go(&mut self) -> News {
        mem::take(&mut self.in_hand)
    }
}

impl Drop for Writer<'_> {
    /// Whatever broke it off, the place is free for the next, and what is lost is counted.
    fn drop(&mut self) {
        if !self.is_done {
            let mut lost = self.let_go();
            lost.add(self.learning.lock().remove(&self.place).unwrap_or_default());
            lost.lose();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { key: RecipientKey([1; 16]), country: Country::new("BR") }
    }

    fn one() -> News {
        let matured = Matured { challenges: 1, ..Matured::default() };
        News { matured, ..News::default() }
    }

    #[test]
    fn what_comes_while_one_writes_is_written_together() {
        let learning = Learning::default();
        let mut writer = learning.gather(place(), one()).expect("the first writes");
        assert!(writer.take());
        assert_eq!(writer.let_go(), one());
        assert!(
            learning.gather(place(), one()).is_none() && learning.gather(place(), one()).is_none()
        );
        assert!(writer.take());
        assert_eq!(writer.let_go().matured.challenges, 2);
        assert!(!writer.take());
        let next = learning.gather(place(), one());
        drop(writer);
        assert!(next.is_some(), "and the next writes again");
        assert!(learning.gather(place(), one()).is_none(), "whom the first leaves alone");
    }

    #[test]
    fn what_could_not_be_written_is_written_with_what_came_meanwhile() {
        let learning = Learning::default();
        let mut writer = learning.gather(place(), one()).unwrap();
        assert!(writer.take());
        assert!(learning.gather(place(), one()).is_none());
        assert!(writer.take());
        assert_eq!(writer.let_go().matured.challenges, 2);
    }

    #[test]
    fn a_writer_that_breaks_off_leaves_the_place_to_the_next() {
        let learning = Learning::default();
        let mut writer = learning.gather(place(), one()).unwrap();
        assert!(writer.take());
        drop(writer);
        let mut next = learning.gather(place(), one()).expect("the next writes");
        assert!(next.take());
        assert_eq!(next.let_go(), one());
    }
}
