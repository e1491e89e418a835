//! How much and how long: messages, codes, and what is kept of a person.

use pombo::otp::{Challenge, Recipient, State, policy::MAX_DELIVERIES};

use super::Law::Bounds;
use crate::simulation::{town::Town, witness::Written};

impl Town {
    /// Looks at what a commit used up, and at what it kept.
    pub(super) fn judge_bounds(&self, written: &Written) {
        let Written { before, after, .. } = written;
        self.judge_limits(after);
        for challenge in &after.challenges {
            let old = before.challenges.iter().find(|it| it.id == challenge.id);
            if let Some(old) = old.filter(|old| old.is_live()) {
                self.judge_verification(before, old, challenge);
            }
            let messages = challenge.deliveries.len() <= MAX_DELIVERIES;
            self.court.require(Bounds, messages, || format!("{challenge:?}"));
        }
        self.judge_erasure(after);
    }

    fn judge_limits(&self, after: &Recipient) {
        let now = after.changed_at;
        for window in &self.rules.recipient {
            let counted = after.messages.0.iter().filter(|it| now.since(it.at) < window.length);
            let (all, unproven) =
                (counted.clone().count(), counted.filter(|it| it.unproven).count());
            let most = window.count.get() as usize;
            let fits = all <= most && unproven <= most.div_ceil(2);
            self.court.require(Bounds, fits, || format!("{all} and {unproven} of {window:?}"));
        }
    }

    /// A code works until its challenge expires, and not while its flow is locked.
    fn judge_verification(&self, before: &Recipient, old: &Challenge, new: &Challenge) {
        let Some(end) = new.conclusion.filter(|end| end.state == State::Verified) else { return };
        let flow = before.flows.iter().find(|flow| flow.key == old.flow);
        let locked = flow.and_then(|it| it.ledger.locked_until(&self.rules.ledger, end.at));
        let in_time = end.at < old.expires_at && locked.is_none();
        self.court
            .require(Bounds, in_time, || format!("{old:?}, locked until {locked:?}: {end:?}"));
    }

    fn judge_erasure(&self, after: &Recipient) {
        let live = after.challenges.iter().any(Challenge::is_live);
        let number = after.number.is_some() == live;
        let ended = after.challenges.iter().filter(|it| !it.is_live());
        let digests = ended.flat_map(|it| &it.deliveries).all(|it| it.digests.is_empty());
        let details = after.challenges.iter().all(|it| it.is_live() || it.details.is_none());
        self.court.require(Bounds, number && digests && details, || format!("{after:?}"));
    }
}
