//! What must outlast a failover before it is told.

use super::{Law::Lasting, Told};
use crate::simulation::{
    calls::{Ask, Call},
    town::Town,
};

impl Town {
    /// Looks at what a guess or a cancel is told of its challenge: replicas have each guess that was
    /// counted, and the conclusion.
    pub(super) fn judge_lasting(&self, ask: &Ask, told: &Told) {
        let challenge = match (&ask.call, told) {
            (_, Told::Guessed(verified)) => verified.guessed.challenge.as_ref(),
            (Call::Cancel { .. }, Told::Seen(seen)) => Some(&seen.challenge),
            _ => None,
        };
        let Some(challenge) = challenge.filter(|_| self.waits_for_replicas) else { return };
        let seen = self.witness().seen();
        let used = challenge.attempts_used as usize;
        let counted =
            seen.counted.get(&challenge.id).and_then(|by| by.iter().take(used).next_back());
        let ended = seen.challenges.get(&challenge.id).copied().flatten().map(|(_, by)| by);
        let told = ended.filter(|_| !challenge.is_live()).max(counted.copied());
        let place = self.index.recipient_of(&challenge.id);
        let lasts = seen.acknowledged.get(&place).copied();
        self.tally.raise("answer that must last");
        self.court.require(Lasting, told <= lasts, || {
            format!("told of version {told:?}, while replicas have {lasts:?}: {challenge:?}")
        });
    }
}
