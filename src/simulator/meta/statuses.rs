//! Statuses on their way to the webhook: at once, or held back and posted many at a time.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::{hook, payload};
use crate::simulator::world::World;

/// Meta's limit for one call.
const MOST_AT_ONCE: usize = 1_000;

/// What is held back, if anything is.
pub(crate) struct Statuses(watch::Sender<Option<Vec<Value>>>);

impl Default for Statuses {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Statuses {
    /// From now on nothing goes out.
    pub fn hold(&self) {
        self.0.send_modify(|held| {
            held.get_or_insert_default();
        });
    }

    /// Resolves once at least `n` are held back.
    pub async fn wait_for(&self, n: usize) {
        let mut changes = self.0.subscribe();
        // It can't fail: the sending half lives as long as `self`.
        let _ = changes.wait_for(|held| held.as_ref().map_or(0, Vec::len) >= n).await;
    }

    /// Ends the holding back.
    fn release(&self) -> Vec<Value> {
        self.0.send_replace(None).unwrap_or_default()
    }

    /// Keeps these, or hands them back where nothing is held.
    fn keep(&self, statuses: Vec<Value>) -> Option<Vec<Value>> {
        let mut statuses = Some(statuses);
        self.0.send_if_modified(|held| match held {
            Some(held) => {
                held.extend(statuses.take().unwrap_or_default());
                true
            }
            None => false,
        });
        statuses
    }
}

/// Tells of a message, now or at the release.
pub(super) async fn tell(world: &Arc<World>, statuses: Vec<Value>) {
    if let Some(statuses) = world.statuses.keep(statuses) {
        hook::post(world, &payload::statuses(&world.settings.meta, &statuses)).await;
    }
}

/// Posts all that was held back, as many in a call as Meta would, and holds nothing back any more.
pub(crate) async fn release(world: &Arc<World>) {
    for statuses in world.statuses.release().chunks(MOST_AT_ONCE) {
        hook::post(world, &payload::statuses(&world.settings.meta, statuses)).await;
    }
}
