//! What must hold of the record after every event.

use super::{Case, Naive, Step, find};
use crate::otp::{
    challenge::Challenge, event::Event, kinds::State, policy::Rules, recipient::model::tally::Tally,
};

impl Naive {
    /// Every window of every message, over all of history.
    pub(super) fn judge_messages(&self, rules: &Rules) {
        for window in &rules.recipient {
            let most = window.count.get() as usize;
            for &(end, _) in &self.messages {
                let inside = self.messages.iter();
                let inside = inside.filter(|(at, _)| *at <= end && *at + window.length > end);
                let unproven = inside.clone().filter(|(_, unproven)| *unproven);
                assert!(inside.count() <= most, "{window:?}");
                assert!(unproven.count() <= most.div_ceil(2), "{window:?}, unproven");
            }
        }
    }

    pub(super) fn judge_cases(&mut self, step: &Step, tally: &mut Tally) {
        assert!(step.after.challenges.iter().all(|it| self.case(&it.id).is_some()));
        for case in &mut self.cases {
            match find(step.after, &case.id) {
                Some(recorded) => case.judge(recorded, step),
                None if case.pruned => {}
                None => {
                    assert!(case.forgotten, "pruned early");
                    case.pruned = true;
                    tally.raise("challenge forgotten".into());
                }
            }
        }
        let live = self.cases.iter().filter(|case| case.is_live()).count();
        let recorded = step.after.challenges.iter().filter(|it| it.is_live());
        assert_eq!(live, recorded.count(), "issued = concluded + live");
        assert_eq!(live > 0, step.after.number.is_some(), "sealed while live");
        if step.transition.next.is_some() {
            assert_eq!(step.after.changed_at, step.now);
        }
    }

    pub(super) fn judge_alarm(&self, step: &Step, tally: &mut Tally) {
        let live = step.after.challenges.iter().filter(|it| it.is_live());
        let expiry = live.map(|it| it.expires_at).min();
        let alarm = step.after.alarm(step.rules);
        assert_eq!(alarm.is_some(), expiry.is_some());
        assert!(alarm <= expiry);
        if !matches!(step.call.event, Event::Alarm) {
            return;
        }
        assert!(alarm.is_none_or(|next| next > step.now), "a busy loop");
        match step.before.alarm(step.rules) {
            Some(due) if due <= step.now => tally.raise("alarm on time".into()),
            _ => {
                assert!(step.transition.next.is_none(), "nothing was due");
                tally.raise("alarm early".into());
            }
        }
    }
}

impl Case {
    fn judge(&self, recorded: &Challenge, step: &Step) {
        assert_eq!(recorded.conclusion, self.conclusion, "a conclusion is final");
        assert!(self.is_live() || self.verified == u32::from(self.state() == State::Verified));
        assert!(self.verified <= 1);
        assert_eq!(recorded.attempts_used, self.wrong);
        assert!(self.wrong <= self.budget);
        assert_eq!(self.wrong == self.budget, self.state() == State::Exhausted);
        assert!(self.statuses.len() <= 4);
        let statuses = recorded.deliveries.iter().map(|it| (it.number, it.status));
        assert!(statuses.eq(self.statuses.iter().map(|(number, status)| (*number, *status))));
        let digests = recorded.deliveries.iter();
        let digests: Vec<_> = digests
            .flat_map(|it| it.digests.iter().map(|digest| (it.number, digest.clone())))
            .collect();
        if self.is_live() {
            let mut codes = self.codes.clone();
            codes.sort_by_key(|(number, _)| *number);
            assert_eq!(digests, codes);
            assert_eq!(recorded.details.is_some(), self.transaction.is_some());
            assert!(recorded.expires_at > step.now, "expired and live");
            let life = step.rules.policy(self.flow.purpose).max_life;
            assert!(recorded.expires_at <= self.issued_at + life);
        } else {
            assert!(digests.is_empty() && recorded.language.is_empty(), "erased");
            assert_eq!(recorded.details, None, "erased");
            assert_eq!(recorded.resend_at, None);
        }
    }
}
