//! What must be so when a try of a message starts.

use std::sync::Arc;

use pombo::{
    delivery::Message,
    otp::{Challenge, digest::Workspace},
};

use super::Law::*;
use crate::simulation::{life::Life, town::Town};

impl Town {
    /// A replica starts a try of a message.
    pub fn judge_try(&self, life: &Arc<Life>, message: &Message) {
        let (id, number) = (message.delivery.challenge, message.delivery.number);
        let place = self.index.recipient_of(&id);
        let seen = self.witness().seen();
        let looked = life.last_look().filter(|(key, _)| *key == place).map(|(_, commits)| commits);
        let ended = seen.challenges.get(&id).copied().flatten();
        let before_the_end = looked.is_some_and(|looked| ended.is_none_or(|(_, by)| looked < by));
        self.court.require(LookFirst, before_the_end, || {
            format!("{number} of {id}: looked after {looked:?} commits, ended by {ended:?}")
        });
        let record = seen.records.get(&place);
        let challenge = record.and_then(|it| it.challenges.iter().find(|it| it.id == id));
        // Of one that has just ended the digests are erased.
        let Some(challenge) = challenge.filter(|it| it.is_live()) else { return };
        let stored = self.holds_digest(challenge, message);
        self.court.require(DigestFirst, stored, || format!("{number} of {id}: {challenge:?}"));
    }

    fn holds_digest(&self, challenge: &Challenge, message: &Message) -> bool {
        let recipe = challenge.recipe(&self.index.recipient_of(&challenge.id));
        let pepper = self.keyring.pepper(&recipe.key_id).unwrap();
        let digest = recipe.digest(pepper, &message.code, &mut Workspace::default());
        challenge.find(&digest) == Some(message.delivery.number)
    }
}
