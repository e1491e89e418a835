//! What a failover must not undo: that a guess counted, and that a challenge has ended. Where the
//! store waits for replicas (`store.wait_replicas`), no guess and no cancel is told of either before
//! they have it.
//!
//! Who reads or watches a challenge is told what one server knows, which a failover may undo still: a
//! record does not say who has it, so that each look at an ended challenge would be a write.

use super::{Fault, commit::Work};
use crate::{
    otp::{Answer, Event, Fact, Recipient, event::FactKind},
    store::{Commit, Committed, Loaded},
};

/// Whether one of these facts must last.
pub(super) fn must_last(facts: &[Fact]) -> bool {
    let lasts = |kind: &FactKind| {
        matches!(kind, FactKind::GuessCounted { .. } | FactKind::Concluded { .. })
    };
    facts.iter().any(|fact| lasts(&fact.kind))
}

/// Whether a guess or a cancel that changes nothing is told of such a fact.
pub(super) fn tells_what_lasts(event: &Event, answer: &Answer) -> bool {
    match (event, answer) {
        (Event::Guess { .. }, Answer::Guessed(guessed)) => guessed.challenge.is_some(),
        (Event::Cancel { .. }, Answer::Challenge(_)) => true,
        _ => false,
    }
}

impl Work<'_> {
    /// What was found in the record may be known to one server alone: its writer waits for replicas
    /// still, or gave up. So it is written again, and waited for, before it is told. False if
    /// somebody else wrote meanwhile.
    pub(super) async fn lasts(&self, loaded: &Loaded, record: &Recipient) -> Result<bool, Fault> {
        let store = &self.service.parts.store;
        let Some(blob) = loaded.blob.clone().filter(|_| store.waits_for_replicas()) else {
            return Ok(true);
        };
        let again = self.commit_to(record, blob, loaded.version);
        match store.commit(&Commit { replicated: true, ..again }).await {
            Ok(committed) => Ok(committed == Committed::Done),
            Err(_) => Err(Fault::Unsure),
        }
    }
}
