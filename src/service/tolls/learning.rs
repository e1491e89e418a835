//! What becomes known of a place, written down, with the events of calls that were refused there: what comes
//! while one is being written is written together. So a busy country costs a write at a time, and no more.

use std::time::Duration;

use rand::RngExt;
use tokio::time::sleep;

use super::{
    super::Service,
    gathering::{News, Place},
};
use crate::{
    insight::BreakerChange,
    otp::toll::{Rule, breaker::Change, evidence::KEPT_FOR},
    store::{Commit, Committed, StoreError, record},
};

/// Goes in a row that fail before what was to be written is given up: some three seconds of them, and ten
/// where the store hangs.
const GOES: u32 = 10;

/// The first pause is at most so long, each that follows at most twice as long,
const PAUSE: Duration = Duration::from_millis(10);

/// and none longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a writer rests that has told of refused calls, or whose commit failed: a flood of them gathers
/// meanwhile, and is told of in a few events.
const BETWEEN: Duration = Duration::from_secs(2);

impl Service {
    pub(super) async fn learn(&self, place: Place, news: News) {
        let Some(mut writer) = self.learning.gather(place, news) else { return };
        let mut failed = 0;
        while failed < GOES && writer.take() {
            match self.write(place, &writer.in_hand).await {
                Ok(true) => {
                    failed = 0;
                    if writer.let_go().refused.count() > 0 {
                        sleep(BETWEEN).await;
                    }
                }
                Ok(false) => {
                    self.pause(failed).await;
                    failed += 1;
                }
                // It may have been written all the same, and twice would make a budget larger than it is.
                Err(error) => {
                    tracing::warn!(%error, "what became of text messages may not be written down");
                    writer.let_go().lose();
                    // Whoever has us refuse calls while nothing can be written shall not set the pace.
                    sleep(BETWEEN).await;
                }
            }
        }
    }

    /// One go. False if it has to be made again: the record could not be read, or somebody else wrote
    /// meanwhile.
    async fn write(&self, place: Place, news: &News) -> Result<bool, StoreError> {
        let (mut known, loaded) = match self.evidence(&place.key).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "what is known of a destination could not be read");
                return Ok(false);
            }
        };
        let before = known.clone();
        let change = known.learn(&news.matured, &self.parts.tolls.breaker, loaded.now);
        let change = change.and_then(|change| self.change_of(place, change));
        let mut events = news.refused.events(loaded.now);
        events.extend(change.as_ref().map(|change| change.event(loaded.now)));
        if known == before && events.is_empty() {
            return Ok(true);
        }
        let commit = Commit {
            key: place.key,
            expected: loaded.version,
            blob: record::evidence::encode(&known),
            ttl: KEPT_FOR,
            alarm: None,
            counters: Vec::new(),
            events,
            events_ttl: self.kept_for(),
            replicated: false,
        };
        let done = self.parts.store.commit(&commit).await? == Committed::Done;
        change.iter().filter(|_| done).for_each(BreakerChange::log);
        Ok(done)
    }

    /// What is told of a breaker's change, if anything goes by it.
    fn change_of(&self, place: Place, change: Change) -> Option<BreakerChange> {
        let Place { key: prefix, country } = place;
        let (rules, rule) = (&self.parts.tolls, Rule::PrefixBreaker);
        let enforced = rules.enforced.contains(&rule);
        rules.is_asked(rule).then_some(BreakerChange { prefix, country, change, enforced })
    }

    /// By chance, so that replicas that met do not meet again.
    async fn pause(&self, failed: u32) {
        let most = (PAUSE * 2_u32.pow(failed)).min(LONGEST_PAUSE);
        sleep(self.parts.entropy.clone().random_range(Duration::ZERO..most)).await;
    }
}
