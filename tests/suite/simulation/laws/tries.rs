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
use crate::simulation::{bill::Text, life::Life, town::Town, witness::Seen};

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
            self.judge_price(&text_of(&seen, message, digest));
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

    /// A sender takes a message, whether or not it is heard of.
    pub fn note_posted(&self, message: &Message) {
        let id = message.delivery.challenge;
        let seen = self.witness().seen();
        let record = seen.records.get(&self.index.recipient_of(&id));
        let challenge = record.and_then(|it| it.challenges.iter().find(|it| it.id == id));
        let Some(challenge) = challenge else { return };
        let text = text_of(&seen, message, &self.digest(challenge, message));
        if let Some(item) = self.bill().items.get_mut(&text) {
            item.is_posted = true;
        }
    }

    fn digest(&self, challenge: &Challenge, message: &Message) -> Digest {
        let recipe = challenge.recipe(&self.index.recipient_of(&challenge.id));
        let pepper = self.keyring.pepper(&recipe.key_id).unwrap();
        recipe.digest(pepper, &message.code, &mut Workspace::default())
    }
}

/// Which text message this is, by its code.
fn text_of(seen: &Seen, message: &Message, digest: &Digest) -> Text {
    let (challenge, number) = (message.delivery.challenge, message.delivery.number);
    Text { challenge, number, again: seen.is_again(&challenge, number, digest) }
}
