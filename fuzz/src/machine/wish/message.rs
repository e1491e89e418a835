//! What is told of a message: by the provider's answer to it, and by a receipt.

use std::time::Duration;

use pombo::otp::{
    DeliveryStatus, Event, Failure, FailureReason, MessageTag, Time,
    event::{Progress, Source},
};

use super::{Wish, World, newest};

impl World {
    /// The answer of a provider to one of the sends, the newest first.
    pub(super) fn sender(&self, wish: Wish) -> Option<Event> {
        let (send, tag) = newest(&self.sends, wish)?;
        let (status, failure) = told(wish)?;
        let accepted = status == DeliveryStatus::Accepted;
        Some(Event::Progress(Progress {
            challenge: send.challenge,
            delivery: send.delivery,
            source: Source::Sender(send.retry_at),
            message: Some(*tag),
            reference: accepted.then(|| "reference".to_owned()),
            template: accepted.then(|| "pt_BR".to_owned()),
            status,
            failure,
            perhaps_taken: wish.more() & 1 == 1,
        }))
    }

    /// A receipt: of a message that was sent, of another program's, or without its name.
    pub(super) fn receipt(&self, wish: Wish) -> Option<Event> {
        let (send, tag) = newest(&self.sends, wish)?;
        let (status, failure) = told(wish)?;
        let message = match wish.more() >> 6 {
            0 | 1 => Some(*tag),
            2 => Some(MessageTag([255; 12])),
            _ => None,
        };
        let ago = Duration::from_secs(u64::from(wish.more() & 0x3f));
        let at = if ago.is_zero() { Time::LATEST } else { self.now - ago };
        Some(Event::Progress(Progress {
            challenge: send.challenge,
            delivery: send.delivery,
            source: Source::Receipt(at),
            message,
            reference: None,
            template: None,
            status,
            failure,
            perhaps_taken: false,
        }))
    }
}

fn told(wish: Wish) -> Option<(DeliveryStatus, Option<Failure>)> {
    let status = DeliveryStatus::from_number(1 + i32::from(wish.how() % 7))?;
    let failed = status == DeliveryStatus::Failed;
    let reason = FailureReason::from_number(1 + i32::from(wish.how() / 7 % 9))?;
    Some((status, failed.then(|| reason.into())))
}
