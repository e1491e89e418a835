//! What must be so when a try of a message starts.

use std::sync::Arc;

use pombo::{
    delivery::Message,
    otp::{
        Challenge,
        digest::{Digest, Workspace},
    },
};

use super::Law::*;
use crate::simulation::{bill::Text, life::Life, town::Town};

impl Town {
    /// A replica starts a try of a message.
    pub fn judge_try(&self, life: &Arc<Life>, message: &Message) {
        let (id, number) = (message.delivery.challenge, message.delivery.number);
        let place = self.index.recipient_of(&id);
        let seen = self.witness().seen();
        let looked = life.last_look().filter(|(key, _)| *key == place).map(|(_, version)| version);
        let record = seen.records.get(&place);
        let challenge = record.and_then(|it| it.challenges.iter().find(|it| it.id == id));
        let digest = challenge.map(|challenge| self.digest(challenge, message));
        if let Some(digest) = &digest {
            let again = seen.is_again(&id, number, digest);
            self.judge_price(&Text { challenge: id, number, again });
        }
        let queued = digest.as_ref().and_then(|it| seen.queued.get(&(id, number, it.0)).copied());
        let ended = seen.challenges.get(&id).copied().flatten();
        let in_time = looked.is_some_and(|looked| {
            queued.is_none_or(|by| looked >= by) && ended.is_none_or(|(_, by)| looked < by)
        });
        self.court.require(LookFirst, in_time, || {
            format!("{number} of {id}: queued by {queued:?}, ended by {ended:?}, seen {looked:?}")
        });
        // Of one that has just ended the digests are erased.
        let Some(challenge) = challenge.filter(|it| it.is_live()) else { return };
        let stored = digest.and_then(|digest| challenge.find(&digest)) == Some(number);
        self.court.require(DigestFirst, stored, || format!("{number} of {id}: {challenge:?}"));
    }

    fn digest(&self, challenge: &Challenge, message: &Message) -> Digest {
        let recipe = challenge.recipe(&self.index.recipient_of(&challenge.id));
        let pepper = self.keyring.pepper(&recipe.key_id).unwrap();
        recipe.digest(pepper, &message.code, &mut Workspace::default())
    }
}
