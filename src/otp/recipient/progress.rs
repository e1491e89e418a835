//! A message gets on: the provider's answer to a send, and its receipts, which come late, twice and
//! in any order.

use super::turn::Turn;
use crate::otp::{
    challenge::Delivery,
    event::{Answer, FactKind, Need, Progress, Source},
    id::MessageTag,
    kinds::{Channel, ConclusionReason, DeliveryStatus, FailureReason, Route, State},
};

impl Turn<'_> {
    pub(super) fn progress(&mut self, progress: &Progress) -> Result<Answer, Need> {
        let Some(at) = self.find(&progress.challenge) else {
            return Ok(Answer::Ignored);
        };
        let challenge = &mut self.next.challenges[at];
        let mut deliveries = challenge.deliveries.iter_mut();
        let Some(delivery) = deliveries.find(|delivery| delivery.number == progress.delivery)
        else {
            return Ok(Answer::Ignored);
        };
        if !progress
            .message
            .is_none_or(|message| belongs(delivery, message, progress.source))
        {
            return Ok(Answer::Ignored);
        }
        if progress.status <= delivery.status {
            return Ok(Answer::Noted);
        }
        let channel = delivery.channel;
        self.learn_reachability(channel, progress);
        self.reach(at, progress.delivery, progress.status, progress.failure);
        self.follow(at, progress)?;
        Ok(Answer::Noted)
    }

    /// What the news means for the plan. It moves only if the plan stands at this delivery.
    fn follow(&mut self, at: usize, progress: &Progress) -> Result<(), Need> {
        if !self.challenge(at).is_live() {
            return Ok(());
        }
        if progress.failure == Some(FailureReason::IdentityChanged) {
            self.conclude(
                at,
                State::Undeliverable,
                ConclusionReason::IdentityChanged,
                None,
            );
            return Ok(());
        }
        let current = self.challenge(at).current();
        let is_current = current.is_some_and(|current| current.number == progress.delivery);
        match progress.status {
            DeliveryStatus::Failed if is_current => self.advance(at, failed_by(progress.source)),
            DeliveryStatus::TimedOut if is_current => self.advance(at, Route::Undelivered),
            DeliveryStatus::Failed => {
                self.give_up_if_all_failed(at);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether WhatsApp reaches the number, as of the receipt's own time.
    fn learn_reachability(&mut self, channel: Channel, progress: &Progress) {
        let told_at = match progress.source {
            Source::Sender => self.now,
            Source::Receipt(at) => at.min(self.now),
        };
        let off = &mut self.next.off_whatsapp_since;
        if progress.failure == Some(FailureReason::NotOnWhatsapp) {
            *off = Some(off.map_or(told_at, |known| known.max(told_at)));
        } else if channel == Channel::Whatsapp && progress.status >= DeliveryStatus::Delivered {
            *off = off.filter(|&since| since > told_at);
        }
    }

    /// Moves a delivery forward to a status.
    pub(super) fn reach(
        &mut self,
        at: usize,
        number: u32,
        status: DeliveryStatus,
        failure: Option<FailureReason>,
    ) {
        let now = self.now;
        let challenge = &mut self.next.challenges[at];
        let mut deliveries = challenge.deliveries.iter_mut();
        let Some(delivery) = deliveries.find(|delivery| delivery.number == number) else {
            return;
        };
        delivery.status = status;
        delivery.updated_at = now;
        delivery.failure = failure;
        if status != DeliveryStatus::Failed {
            delivery.accepted_at.get_or_insert(now);
        }
        if status >= DeliveryStatus::Delivered {
            delivery.delivered_at.get_or_insert(now);
        }
        challenge.note(now, status.into(), number);
        self.tell_delivery(at, number);
    }

    /// Tells how far a delivery is.
    pub(super) fn tell_delivery(&mut self, at: usize, number: u32) {
        let Some(delivery) = self.challenge(at).delivery(number) else {
            return;
        };
        let kind = FactKind::Delivery {
            number,
            channel: delivery.channel,
            sender: delivery.sender.clone(),
            status: delivery.status,
            failure: delivery.failure,
            after: self.now.since(delivery.queued_at),
        };
        self.tell(at, kind);
    }
}

fn failed_by(source: Source) -> Route {
    match source {
        Source::Sender => Route::Refused,
        Source::Receipt(_) => Route::Failed,
    }
}

/// Whether a message is one of this delivery's. Our own sender's always is, also where a receipt of
/// an earlier try, whose answer was lost, came before it. A receipt's is if we know its id, or if an
/// id is still to come: receipts overtake the commit of the provider's answer.
fn belongs(delivery: &mut Delivery, message: MessageTag, source: Source) -> bool {
    if delivery.messages.contains(&message) {
        return true;
    }
    let sends = 1 + usize::from(delivery.taken_over);
    let belongs = source == Source::Sender || delivery.messages.len() < sends;
    if belongs {
        delivery.messages.push(message);
    }
    belongs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::time::Time;

    #[test]
    fn a_message_that_its_sender_told_of_belongs_though_a_lost_one_was_heard_of_first() {
        let mut delivery = Delivery {
            number: 1,
            channel: Channel::Whatsapp,
            sender: "cloud".to_owned(),
            route: Route::Plan,
            status: DeliveryStatus::Queued,
            failure: None,
            queued_at: Time::default(),
            updated_at: Time::default(),
            retry_at: Time::default(),
            accepted_at: None,
            delivered_at: None,
            taken_over: false,
            messages: Vec::new(),
            digests: Vec::new(),
        };
        let [lost, told, foreign] = [1, 2, 3].map(|n| MessageTag([n; 12]));
        let receipt = Source::Receipt(Time::default());
        assert!(belongs(&mut delivery, lost, receipt));
        assert!(!belongs(&mut delivery, told, receipt), "not yet told of");
        assert!(belongs(&mut delivery, told, Source::Sender));
        assert!(belongs(&mut delivery, told, receipt));
        assert!(belongs(&mut delivery, lost, receipt));
        assert!(!belongs(&mut delivery, foreign, receipt));
    }
}
