//! Lines of the log that anybody on the network can have written: the first is told at once; those that follow
//! it are told by their number, with the first one after a while.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long those are only counted that follow one that was told.
const WHILE: Duration = Duration::from_secs(10);

/// What strangers do, and how often.
struct Strangers(Mutex<BTreeMap<&'static str, Told>>);

struct Told {
    at: Instant,
    since: u64,
}

static STRANGERS: Strangers = Strangers(Mutex::new(BTreeMap::new()));

/// Somebody did this once more. If it is to be told now, how many did since it was told last.
pub fn count(what: &'static str) -> Option<u64> {
    STRANGERS.count_at(what, Instant::now())
}

impl Strangers {
    fn count_at(&self, what: &'static str, now: Instant) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match all.get_mut(what) {
            Some(told) if now.duration_since(told.at) < WHILE => {
                told.since += 1;
                return None;
            }
            Some(told) => told.since,
            None => 0,
        };
        all.insert(what, Told { at: now, since: 0 });
        Some(since + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_now_and_then_that_says_how_many_there_were() {
        let (strangers, start) = (Strangers(Mutex::default()), Instant::now());
        let at = |second, what| strangers.count_at(what, start + Duration::from_secs(second));
        assert_eq!(at(0, "forged"), Some(1));
        assert_eq!([at(1, "forged"), at(9, "forged")], [None, None]);
        assert_eq!(at(9, "foreign"), Some(1), "another matter is told by itself");
        assert_eq!(at(10, "forged"), Some(3), "with the two that were not told");
        assert_eq!([at(11, "forged"), at(20, "forged")], [None, Some(2)]);
    }
}
