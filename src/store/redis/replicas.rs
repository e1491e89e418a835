//! Writes that replicas have before they count.
//!
//! `WAIT` speaks of what its own connection wrote, and holds up all that comes after it there. So the
//! write and the wait go together, over a connection that nobody else has meanwhile.

use super::{RedisStore, StoreError, scripts::Invocation};

/// The longest that replicas are waited for: what a call has left after its write.
const ACKNOWLEDGED_MS: u32 = 500;

impl RedisStore {
    /// Runs a script that writes, or says that it did not. What it wrote stays when replicas do not
    /// acknowledge it; whether it lasts is open then.
    pub(super) async fn write_replicated(
        &self,
        script: &Invocation<'_>,
    ) -> Result<bool, StoreError> {
        let wait = redis::cmd("WAIT").arg(self.replicas).arg(ACKNOWLEDGED_MS).take();
        let (is_written, acknowledged): (bool, u32) =
            self.connection().send_alone(&[script.whole(), wait]).await?;
        if is_written && acknowledged < self.replicas {
            return Err(StoreError::Unacknowledged { by: acknowledged, of: self.replicas });
        }
        Ok(is_written)
    }
}
