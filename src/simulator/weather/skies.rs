//! The weather over each service, how long it lasts, and how many requests met it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Provider, Weather};
use crate::simulator::tally::Tally;

#[derive(Default)]
pub(crate) struct Skies {
    spells: Mutex<HashMap<Provider, Spell>>,
    /// Requests by the weather that they met.
    pub requests: Tally<(Provider, Weather)>,
}

/// A weather and its time.
#[derive(Clone)]
pub(super) struct Spell {
    pub weather: Weather,
    since: Instant,
    lasting: Option<Duration>,
}

impl Skies {
    /// Replaces a service's weather; after `lasting` the sky is clear again.
    pub fn set(&self, provider: Provider, weather: Weather, lasting: Option<Duration>) {
        let mut spells = self.spells.lock().unwrap_or_else(PoisonError::into_inner);
        spells.insert(provider, Spell { weather, since: Instant::now(), lasting });
    }

    /// The weather of this moment.
    pub fn over(&self, provider: Provider) -> Weather {
        self.spell(provider).map(|spell| spell.weather).unwrap_or_default()
    }

    /// Counts one more request, and tells what it meets.
    pub(super) fn meet(&self, provider: Provider) -> Spell {
        let spell = self.spell(provider).unwrap_or_else(Spell::clear);
        self.requests.record((provider, spell.weather.clone()));
        spell
    }

    fn spell(&self, provider: Provider) -> Option<Spell> {
        let spells = self.spells.lock().unwrap_or_else(PoisonError::into_inner);
        let spell = spells.get(&provider)?;
        let over = spell.lasting.is_some_and(|lasting| spell.since.elapsed() >= lasting);
        (!over).then(|| spell.clone())
    }
}

impl Spell {
    fn clear() -> Self {
        Self { weather: Weather::Clear, since: Instant::now(), lasting: None }
    }

    /// Whether a burst of trouble is on, `on` and `off` taking turns.
    pub fn in_trouble(&self, on: Duration, off: Duration) -> bool {
        let turn = on.saturating_add(off).as_nanos();
        turn != 0 && self.since.elapsed().as_nanos() % turn < on.as_nanos()
    }
}
