//! Records as they must not become.

use pombo::otp::{DeliveryStatus, Recipient, State};

/// How many challenges are verified.
pub fn verified(record: &Recipient) -> usize {
    record.challenges.iter().filter(|it| it.state() == State::Verified).count()
}

/// How many digests there are of codes that may be on their way.
pub fn digests(record: &Recipient) -> usize {
    let live = record.challenges.iter().filter(|it| it.is_live());
    live.flat_map(|it| &it.deliveries).map(|it| it.digests.len()).sum()
}

/// As if no guess had been counted.
pub fn forget_guess(old: &Recipient, new: &mut Recipient) {
    for challenge in new.challenges.iter_mut().filter(|it| it.is_live()) {
        if let Some(old) = old.challenges.iter().find(|it| it.id == challenge.id) {
            challenge.attempts_used = old.attempts_used;
        }
    }
}

/// Statuses of deliveries that were there go back.
pub fn move_back(old: &Recipient, new: &mut Recipient) {
    for challenge in new.challenges.iter_mut().filter(|it| it.is_live()) {
        let known = old.challenges.iter().find(|it| it.id == challenge.id);
        let known = known.map_or(0, |it| it.deliveries.len());
        // Not the newest, whose status says when the alarm is due.
        for delivery in
            challenge.deliveries.iter_mut().rev().skip(1).filter(|it| it.number <= known as u32)
        {
            delivery.status = delivery.status.min(DeliveryStatus::Accepted);
        }
    }
}

/// Takes the newest digest out, if there is a new one.
pub fn keep_back_digest(old: &Recipient, new: &mut Recipient) -> bool {
    let grew = digests(new) > digests(old);
    let newest = new.challenges.iter_mut().rfind(|it| it.is_live());
    let delivery = newest.and_then(|it| it.deliveries.last_mut()).filter(|_| grew);
    delivery.is_some_and(|delivery| delivery.digests.pop().is_some())
}

/// Nobody remembers of a message that a provider may have taken it.
pub fn forget_taken(new: &mut Recipient) {
    let deliveries = new.challenges.iter_mut().flat_map(|challenge| &mut challenge.deliveries);
    deliveries.for_each(|delivery| delivery.perhaps_taken = false);
}
