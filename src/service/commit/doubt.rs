//! A commit whose answer was lost, for a caller who could not wait to hear what became of it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Moment, Tried, Work, record};

/// How long it is worth finding out: after that there is no time left to send what was to be sent, and
/// others take it over.
const WORTH: Duration = Duration::from_secs(10);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

impl Work<'_> {
    /// Looks for what became of the last commit until the store tells. Stands it, then what follows from
    /// it happens now: others would see to it only when its alarm falls due. If not, then nothing has
    /// happened, and whoever asked may ask again.
    pub(super) async fn find_out(mut self) {
        let start = Instant::now();
        while let Some(tried) = self.lost.take()
            && start.elapsed() < WORTH
        {
            sleep(PAUSE).await;
            match self.look_for(&tried).await {
                Some((true, moment)) => {
                    tracing::info!("a commit in doubt stands");
                    self.follow(tried.transition, moment);
                }
                Some((false, _)) => tracing::info!("a commit in doubt does not stand"),
                None => self.lost = Some(tried),
            }
        }
    }

    /// Whether the commit stands, and since when that is known; nothing while it is not known.
    async fn look_for(&self, tried: &Tried) -> Option<(bool, Moment)> {
        let asked = Instant::now();
        let loaded = self.service.parts.store.load(&self.place).await.ok()?;
        let moment = Moment { now: loaded.now, asked, answered: Instant::now() };
        let found = loaded.blob.as_deref().map(record::decode).transpose().ok()?;
        let stands = tried.stands_in(self.event, &loaded, &found.unwrap_or_default());
        Some((stands, moment))
    }
}
