//! Which way messages go, and what their providers hear in the end.

use std::time::Duration;

use super::{Naive, Step, find};
use crate::otp::{
    challenge::{Challenge, Delivery},
    event::{Cause, Event, FactKind, Testimony, Text},
    id::ChallengeId,
    kinds::{Channel, ConclusionReason, DeliveryStatus, Route, State},
    recipient::model::tally::Tally,
};

impl Naive {
    /// A message goes by a closed road only where every road after it is closed as well; and it
    /// leaves one out only if that one is closed or failed before.
    pub(super) fn judge_roads(&self, step: &Step, tally: &mut Tally) {
        for fact in &step.transition.facts {
            let FactKind::Delivery { number, status: DeliveryStatus::Queued, .. } = fact.kind
            else {
                continue;
            };
            let challenge = find(step.after, &fact.challenge).unwrap();
            let delivery = challenge.delivery(number).unwrap();
            if self.case(&fact.challenge).is_some_and(|case| case.test) {
                assert_eq!(delivery.sender, "test");
                continue;
            }
            let pays = delivery.channel == Channel::Sms && is_withheld(step);
            assert!(!pays, "a text message in spite of the rules against toll fraud");
            let senders = senders(step, challenge, delivery, delivery.channel);
            let at = senders.iter().position(|it| **it == delivery.sender);
            let at = at.expect("another sender got around what one said of the recipient");
            if is_closed(step, delivery.channel, &delivery.sender) {
                tally.raise("sent by a closed road".into());
                assert!(
                    senders.iter().all(|it| is_closed(step, delivery.channel, it)
                        || failed(challenge, delivery, it))
                );
                assert!(rest_is_closed(step, challenge, delivery), "an open road was left out");
            }
            if at > 0 {
                tally.raise("sent by a detour".into());
                let left_out = senders[..at].iter();
                assert!(
                    left_out.clone().all(|it| is_closed(step, delivery.channel, it)
                        || failed(challenge, delivery, it)),
                    "left out for nothing"
                );
            }
        }
    }

    /// With its conclusion the rules against toll fraud hear of each challenge that cost text messages,
    /// once, and of which.
    pub(super) fn judge_settlements(&self, step: &Step, tally: &mut Tally) {
        let ended = step.transition.facts.iter().filter_map(|fact| match fact.kind {
            FactKind::Concluded { state, reason, .. } => Some((fact.challenge, state, reason)),
            _ => None,
        });
        let owed = ended.filter_map(|(id, state, reason)| {
            use ConclusionReason::{Caller, NewTransaction};
            // Its time was over before anything else happened.
            let is_early = reason == ConclusionReason::Time;
            let then = if is_early { step.before } else { step.after };
            let all = find(then, &id).unwrap().deliveries.iter();
            let all = all.filter(|it| it.channel == Channel::Sms && it.sender != "test");
            let was_taken = |it: &Delivery| self.was_taken(&id, it);
            let all: Vec<_> = all.map(|it| (it.number, it.taken_over, was_taken(it))).collect();
            let of = |taken| {
                let these = all.iter().filter(move |(_, _, it)| *it == taken);
                these.map(|&(number, again, _)| (number, again)).collect::<Vec<_>>()
            };
            let first = all.iter().filter(|(_, again, _)| *again).map(|it| (it.0, false));
            let texts: Vec<_> = of(true).into_iter().chain(first).collect();
            let sent = find(then, &id).unwrap().deliveries.iter();
            let sent = sent.filter(|it| it.channel == Channel::Sms && it.sender != "test");
            let accepted: Vec<_> = sent.clone().filter_map(|it| it.accepted_at).collect();
            let waits = sent.clone().any(|it| it.status == DeliveryStatus::Queued);
            let minute = Duration::from_secs(60);
            let is_hasty = matches!(reason, Caller | NewTransaction)
                && accepted.iter().all(|at| step.now.since(*at) <= minute);
            let testimony = match state {
                State::Verified => (!texts.is_empty()).then_some(Testimony::Verified),
                _ if is_hasty => (waits || !accepted.is_empty()).then_some(Testimony::EndedEarly),
                _ => (!accepted.is_empty()).then_some(Testimony::Unverified),
            };
            (!all.is_empty()).then_some((id, sorted(texts), of(false), testimony))
        });
        let told = step.transition.settlements.iter();
        let tries =
            |texts: &[Text]| texts.iter().map(|it| (it.delivery.number, it.again)).collect();
        let told = told.map(|it| {
            let challenge = it.texts.iter().chain(&it.refused).next().unwrap().delivery.challenge;
            (challenge, sorted(tries(&it.texts)), tries(&it.refused), it.testimony)
        });
        assert_eq!(told.collect::<Vec<_>>(), owed.collect::<Vec<_>>());
        for settlement in &step.transition.settlements {
            tally.raise(format!("settled, {:?}", settlement.testimony));
        }
    }

    /// Whether a provider took a message, or may have.
    fn was_taken(&self, id: &ChallengeId, delivery: &Delivery) -> bool {
        let told = self.case(id).is_some_and(|case| case.taken.contains(&delivery.number));
        told || delivery.status != DeliveryStatus::Failed || delivery.accepted_at.is_some()
    }

    /// With its conclusion each provider that asked hears what became of its message's code, once.
    pub(super) fn judge_feedback(&self, step: &Step, tally: &mut Tally) {
        for challenge in &step.after.challenges {
            let before = find(step.before, &challenge.id).filter(|it| it.is_live());
            let ended = before.filter(|_| !challenge.is_live());
            let kept = challenge.deliveries.iter().filter_map(|it| it.reference.as_ref());
            assert!(challenge.is_live() || kept.count() == 0, "erased");
            let told =
                ended.into_iter().flat_map(|it| &it.deliveries).filter(|it| it.reference.is_some());
            (0..told.count()).for_each(|_| tally.raise("told what became of a code".into()));
        }
        let used = step.transition.feedback.iter().filter(|it| it.used).count();
        let verified =
            step.transition.facts.iter().filter(|fact| {
                matches!(fact.kind, FactKind::Concluded { state: State::Verified, .. })
            });
        assert!(used <= verified.count(), "told of a code that nobody gave");
    }
}

/// Another sender goes on only where the one before failed, or fell silent itself.
pub(super) fn judge_blame(step: &Step) {
    let blamed = match &step.call.event {
        Event::Progress(progress) => match progress.status {
            DeliveryStatus::TimedOut => true,
            _ => progress.failure.is_none_or(|failure| failure.cause == Cause::Sender),
        },
        Event::Alarm => true,
        _ => false,
    };
    assert!(blamed, "{:?} changed the sender", step.call.event);
}

/// Whether no text message may be sent now.
fn is_withheld(step: &Step) -> bool {
    step.call.hit.is_some_and(|hit| hit.enforced)
}

fn is_closed(step: &Step, channel: Channel, sender: &str) -> bool {
    if channel == Channel::Sms && is_withheld(step) {
        return true;
    }
    step.supply.closed.iter().any(|it| it.channel == channel && it.sender == sender)
}

/// Who may take a message by this channel: all, or the one that said something of the recipient before.
fn senders<'a>(
    step: &Step<'a>,
    challenge: &Challenge,
    delivery: &Delivery,
    channel: Channel,
) -> Vec<&'a String> {
    let earlier = challenge.deliveries.iter().filter(|it| it.number < delivery.number);
    let of_recipient =
        |it: &&Delivery| it.failure.is_some_and(|failure| failure.cause == Cause::Recipient);
    let bound = earlier.filter(|it| it.channel == channel).find(of_recipient);
    let senders = step.rules.senders(channel).iter();
    senders.filter(|sender| bound.is_none_or(|it| it.sender == **sender)).collect()
}

/// Whether this sender was left behind for the same channel before, in the same plan.
fn failed(challenge: &Challenge, delivery: &Delivery, sender: &str) -> bool {
    delivery.route != Route::Plan
        && challenge.deliveries.iter().any(|it| {
            it.number < delivery.number && it.channel == delivery.channel && it.sender == sender
        })
}

fn rest_is_closed(step: &Step, challenge: &Challenge, delivery: &Delivery) -> bool {
    let rest = challenge.plan.iter().skip(challenge.step + 1);
    let off = step.after.off_whatsapp_since.is_some();
    let rest = rest.filter(|&&channel| channel == Channel::Sms || !off);
    let mut roads = rest.flat_map(|&channel| {
        senders(step, challenge, delivery, channel).into_iter().map(move |it| (channel, it))
    });
    delivery.route == Route::Requested || roads.all(|(channel, it)| is_closed(step, channel, it))
}

fn sorted(mut tries: Vec<(u32, bool)>) -> Vec<(u32, bool)> {
    tries.sort_unstable();
    tries
}
