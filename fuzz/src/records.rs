//! What stands in the store: it is read or refused, and what is read is written as it was.

use pombo::{
    otp::{ChallengeId, Event, RecipientKey, Supply},
    store::record::{decode, encode},
};

use crate::machine::rules;

const PLACE: RecipientKey = RecipientKey([7; 16]);

/// Reads a blob, writes what it says, and lets the machine look at it.
pub fn read(blob: &[u8]) {
    let Ok(recipient) = decode(blob) else { return };
    let again = decode(&encode(&recipient)).expect("what was written is read");
    assert_eq!(again, recipient);
    let (rules, now) = (rules::of(0), recipient.changed_at);
    let look = Event::Look { caller: String::new(), challenge: ChallengeId([0; 32]) };
    for event in [look, Event::Alarm] {
        let _ = recipient.on(&PLACE, &event, &rules, &Supply::default(), now);
    }
}
