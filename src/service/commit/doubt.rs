//! A commit whose answer was lost: what became of it is found out by a look at the record, as soon as the
//! store answers, whether or not anybody waits to hear it.

use std::{mem, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Doubt, Loaded, Moment, Recipient, Work, record};

/// How long it is worth finding out: after that there is no time left to send what was to be sent, and
/// others take it over.
const WORTH: Duration = Duration::from_secs(10);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

impl Work<'_> {
    /// If the commit stands, what follows from it happens now, and once. If not, nothing has happened,
    /// and the work goes on as if nothing had been tried; but should its answer be lost twice, nobody
    /// waits for a third.
    pub(super) fn look_at_doubt(&mut self, loaded: &Loaded, record: &Recipient, moment: Moment) {
        self.doubt = match mem::replace(&mut self.doubt, Doubt::None) {
            Doubt::Lost(tried) if tried.stands_in(self.event, loaded, record) => {
                let must_last = tried.commit.replicated;
                Doubt::Stands { answer: self.follow(tried.transition, moment), must_last }
            }
            doubt => doubt,
        };
    }

    /// Looks until the store tells what became of a commit whose caller has been told that nobody
    /// knows. Others would see to what follows from it only when its alarm falls due. False if it does
    /// not stand.
    pub(super) async fn find_out(&mut self) -> bool {
        let start = Instant::now();
        while matches!(self.doubt, Doubt::Lost(_)) && start.elapsed() < WORTH {
            sleep(PAUSE).await;
            let asked = Instant::now();
            let Ok(loaded) = self.service.parts.store.load(&self.place).await else { continue };
            let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
            let Ok(found) = loaded.blob.as_deref().map(record::decode).transpose() else { break };
            self.look_at_doubt(&loaded, &found.unwrap_or_default(), moment);
            let stands = matches!(self.doubt, Doubt::Stands { .. });
            tracing::info!(stands, "what became of a commit is known");
            return stands;
        }
        true
    }
}
