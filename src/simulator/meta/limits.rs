//! How fast a business may send: so many messages a second in all, and so many to one person.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use crate::simulator::settings::MetaLimits;

const TOO_FAST: u32 = 130_429;
const TOO_FAST_FOR_ONE: u32 = 131_056;

const WINDOW: Duration = Duration::from_secs(1);
/// Below this many people nobody is forgotten.
const FEW_PAIRS: usize = 10_000;

pub(crate) struct Limits {
    rules: MetaLimits,
    /// When the messages of the last second went out.
    recent: VecDeque<Instant>,
    /// Until when each recipient has borrowed from the future.
    pairs: HashMap<String, Instant>,
    /// How many of them there may be before those whose debt is paid are forgotten: it grows with what
    /// is left then, so that a busy hour is not spent on forgetting.
    most_pairs: usize,
}

impl Limits {
    pub fn new(rules: MetaLimits) -> Self {
        Self { rules, recent: VecDeque::new(), pairs: HashMap::new(), most_pairs: FEW_PAIRS }
    }

    /// Takes note of one more message, or tells the code of the limit that forbids it. A message that
    /// is turned down costs nothing.
    pub fn admit(&mut self, to: &str, now: Instant) -> Result<(), u32> {
        self.forget(now);
        if self.recent.len() >= self.rules.per_second {
            return Err(TOO_FAST);
        }
        let paid = self.pairs.get(to).copied().unwrap_or(now).max(now);
        let credit = self.rules.pair_gap * self.rules.pair_burst.saturating_sub(1);
        if paid > now + credit {
            return Err(TOO_FAST_FOR_ONE);
        }
        self.pairs.insert(to.to_owned(), paid + self.rules.pair_gap);
        self.recent.push_back(now);
        Ok(())
    }

    fn forget(&mut self, now: Instant) {
        while self.recent.front().is_some_and(|sent| now.duration_since(*sent) >= WINDOW) {
            self.recent.pop_front();
        }
        if self.pairs.len() > self.most_pairs {
            self.pairs.retain(|_, paid| *paid > now);
            self.most_pairs = FEW_PAIRS.max(2 * self.pairs.len());
        }
    }
}
