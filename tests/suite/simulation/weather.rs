//! How well the store and the roads do at the moment.

use std::{collections::VecDeque, ops::RangeInclusive, time::Duration};

use super::dice::Dice;

/// The weather, by the driver's whim.
#[derive(Default)]
pub struct Weather {
    pub store: StoreWeather,
    /// By sender, in the order of [`super::pigeon::ROADS`].
    pub roads: [Mood; 4],
}

/// How well the store is reached.
#[derive(Default)]
pub struct StoreWeather {
    /// How often a call suffers more than a little slowness.
    pub faults: f64,
    /// How often a commit meets a conflict that nobody made.
    pub conflicts: f64,
    /// What happens to the next commits, before chance has its way, and what a while is then.
    pub commits: VecDeque<(Fault, Duration)>,
    /// Who can't reach it at all: this replica, or all of them.
    pub cut_off: Option<Option<usize>>,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes a moment, as ever.
    Lag,
    /// It takes a while to get there.
    SlowThere,
    /// Its answer takes a while.
    SlowBack,
    /// It is lost.
    Lost,
    /// Its answer is lost.
    AnswerLost,
    /// It is given up, and carried out later.
    CarriedOutLater,
    /// Nobody is there.
    Unreachable,
}

/// Milliseconds that are slow, and no failure yet.
pub const SLOW: RangeInclusive<u64> = 0..=400;

/// How well a sender does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// Now this, now that.
    Moody,
    /// It refuses everything.
    Refusing,
    /// It does not answer.
    Hanging,
    /// It takes everything, and nothing arrives.
    Silent,
    /// Its answer breaks off or is a failure, and then it will have nothing to do with the recipient.
    TwoFaced,
}

impl StoreWeather {
    pub fn fault(&self, dice: &Dice, replica: usize) -> Option<Fault> {
        if self.cut_off.is_some_and(|whom| whom.is_none_or(|whom| whom == replica)) {
            return Some(Fault::Unreachable);
        }
        if !dice.odds(self.faults) {
            return dice.some(0.3, || Fault::Lag);
        }
        Some(dice.pick(&[
            Fault::SlowThere,
            Fault::SlowBack,
            Fault::Lost,
            Fault::AnswerLost,
            Fault::CarriedOutLater,
            Fault::Unreachable,
        ]))
    }
}
