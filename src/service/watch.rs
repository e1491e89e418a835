//! WatchChallenge: a challenge's present state, then each change, until its conclusion.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{CallError, Fault, Service, watchers::Watcher};
use crate::otp::{ChallengeId, event::Seen};

/// How often the record is looked at when no news comes: another replica may have changed it.
const LOOK: Duration = Duration::from_secs(1);

/// One who watches a challenge.
pub struct Watched {
    service: Arc<Service>,
    caller: String,
    challenge: ChallengeId,
    watcher: Watcher,
    last: Option<Seen>,
}

impl Service {
    /// Begins to watch. Refused when the caller holds as many streams as it may.
    pub fn watch(
        self: &Arc<Self>,
        caller: String,
        challenge: ChallengeId,
    ) -> Result<Watched, CallError> {
        let watcher = self.watchers.join(&caller, challenge).ok_or(Fault::Overloaded)?;
        Ok(Watched { service: Arc::clone(self), caller, challenge, watcher, last: None })
    }
}

impl Watched {
    /// The next state that differs from the last; `None` after the conclusion.
    pub async fn next(&mut self) -> Result<Option<Seen>, CallError> {
        if self.last.as_ref().is_some_and(|last| !last.challenge.is_live()) {
            return Ok(None);
        }
        loop {
            // Before the look, so that news between the look and the wait is not missed.
            let news = self.watcher.news();
            // A stream has its place among the streams, and takes none of a call's.
            let seen = self.service.look(self.caller.clone(), self.challenge).await?;
            if self.last.as_ref() != Some(&seen) {
                self.last = Some(seen.clone());
                return Ok(Some(seen));
            }
            // No news is a reason to look, too.
            let _ = timeout(LOOK, news).await;
        }
    }
}
