//! A fault for the search to find: a receipt of `sent` that comes after one of `read` sets the delivery
//! back. It takes a message that goes out, a person who reads it, and a provider that tells late.

use pombo::otp::{DeliveryStatus, Event, Recipient, Transition};

use super::Call;
use crate::is_planted;

pub(super) fn spoil(before: &Recipient, call: &Call, transition: &mut Transition) {
    if !is_planted() {
        return;
    }
    let Event::Progress(told) = &call.event else { return };
    let mut next = transition.next.clone().unwrap_or_else(|| before.clone());
    let challenge = next.challenges.iter_mut().find(|it| it.id == told.challenge);
    let deliveries = challenge.into_iter().flat_map(|it| &mut it.deliveries);
    for delivery in deliveries.filter(|it| it.number == told.delivery) {
        let was_read = delivery.status == DeliveryStatus::Read;
        if was_read && told.status == DeliveryStatus::Sent {
            delivery.status = told.status;
            transition.next = Some(next);
            return;
        }
    }
}
