//! A message gets on: the provider's answer to a send, and its receipts, which come late, twice and
//! in any order.

use std::time::Duration;

use super::turn::Turn;
use crate::otp::{
    challenge::Delivery,
    event::{Answer, Carried, Cause, FactKind, Failure, Need, Progress, Source, Supply},
    id::DeliveryRef,
    kinds::{Channel, ConclusionReason, DeliveryStatus, FailureReason, Route, State},
};

impl Turn<'_> {
    pub(super) fn progress(&mut self, progress: &Progress) -> Result<Answer, Need> {
        let Some(at) = self.find(&progress.challenge) else {
            return Ok(Answer::Ignored);
        };
        let country = self.next.destination.country;
        let challenge = &mut self.next.challenges[at];
        let is_live = challenge.is_live();
        let mut deliveries = challenge.deliveries.iter_mut();
        let Some(delivery) = deliveries.find(|delivery| delivery.number == progress.delivery)
        else {
            return Ok(Answer::Ignored);
        };
        if !belongs(delivery, progress, self.supply)? {
            return Ok(Answer::Ignored);
        }
        if is_live {
            keep(&mut delivery.reference, &progress.reference);
            keep(&mut delivery.template, &progress.template);
            delivery.perhaps_taken |= is_perhaps_taken(delivery, progress);
        }
        if progress.status <= delivery.status || is_stale(delivery, progress) {
            return Ok(Answer::Noted);
        }
        let channel = delivery.channel;
        let carried = Carried {
            template: delivery.template.clone(),
            country,
            age: delivery.accepted_at.map_or(Duration::ZERO, |at| self.now.since(at)),
        };
        self.learn_reachability(channel, progress);
        self.reach(at, progress.delivery, progress.status, progress.failure);
        self.follow(at, progress)?;
        Ok(if is_live { Answer::News(carried) } else { Answer::Noted })
    }

    /// What the news means for the plan. It moves only if the plan stands at this delivery.
    fn follow(&mut self, at: usize, progress: &Progress) -> Result<(), Need> {
        if !self.challenge(at).is_live() {
            return Ok(());
        }
        let failure = progress.failure.map(|failure| failure.reason);
        if failure == Some(FailureReason::IdentityChanged) {
            self.conclude(at, State::Undeliverable, ConclusionReason::IdentityChanged, None);
            return Ok(());
        }
        let current = self.challenge(at).current();
        let is_current = current.is_some_and(|current| current.number == progress.delivery);
        match progress.status {
            DeliveryStatus::Failed if is_current => {
                let cause = progress.failure.map_or(Cause::Sender, |failure| failure.cause);
                self.advance(at, failed_by(progress.source), cause)
            }
            // Its provider didn't even answer.
            DeliveryStatus::TimedOut if is_current => {
                self.advance(at, Route::Undelivered, Cause::Sender)
            }
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
            Source::Sender(_) => self.now,
            Source::Receipt(at) => at.min(self.now),
        };
        let off = &mut self.next.off_whatsapp_since;
        let failure = progress.failure.map(|failure| failure.reason);
        if failure == Some(FailureReason::NotOnWhatsapp) {
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
        failure: Option<Failure>,
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
        if !matches!(status, DeliveryStatus::TimedOut | DeliveryStatus::Failed) {
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
            failure: delivery.failure.map(|failure| failure.reason),
            after: self.now.since(delivery.queued_at),
        };
        self.tell(at, kind);
    }
}

/// News of our own sender that others have overtaken: it failed after the delivery was taken over,
/// or it heard nothing while a receipt told that the message is on its way.
fn is_stale(delivery: &Delivery, progress: &Progress) -> bool {
    match (progress.source, progress.status) {
        (Source::Receipt(_), _) | (_, DeliveryStatus::Accepted) => false,
        (Source::Sender(retry_at), DeliveryStatus::TimedOut) => {
            retry_at != delivery.retry_at || delivery.status != DeliveryStatus::Queued
        }
        (Source::Sender(retry_at), _) => retry_at != delivery.retry_at,
    }
}

/// Whether what is told leaves it open that it was taken: whoever tells of a message has taken one. What a
/// sender says counts for its own message only, so of one that was sent again for the second; the first counts
/// as one that may have gone anyway. (A receipt does not tell which of both it is of: then both may have.)
fn is_perhaps_taken(delivery: &Delivery, progress: &Progress) -> bool {
    match progress.source {
        Source::Receipt(_) => true,
        Source::Sender(retry_at) => progress.perhaps_taken && retry_at == delivery.retry_at,
    }
}

/// Keeps what is told, if anything is.
fn keep(kept: &mut Option<String>, told: &Option<String>) {
    if told.is_some() {
        kept.clone_from(told);
    }
}

fn failed_by(source: Source) -> Route {
    match source {
        Source::Sender(_) => Route::Refused,
        Source::Receipt(_) => Route::Failed,
    }
}

/// Whether news is of one of this delivery's messages, and if so, learns the message's id. What our
/// own sender was told always is. A receipt's is if its id is known or one is still to come: receipts
/// overtake the commit of the provider's answer, and some providers tell no id but in receipts.
fn belongs(delivery: &mut Delivery, news: &Progress, supply: &Supply) -> Result<bool, Need> {
    let Some(message) = news.message.filter(|message| !delivery.messages.contains(message)) else {
        return Ok(true);
    };
    if matches!(news.source, Source::Receipt(_)) {
        let sends = 1 + usize::from(delivery.taken_over);
        if delivery.messages.len() >= sends {
            return Ok(false);
        }
        // A tap on "I didn't request a code" names the message and nothing else; our own sender sees
        // to that itself.
        if delivery.channel == Channel::Whatsapp && supply.remembered != Some(message) {
            let delivery = DeliveryRef { challenge: news.challenge, number: news.delivery };
            return Err(Need::Remember { message, delivery });
        }
    }
    delivery.messages.push(message);
    Ok(true)
}
