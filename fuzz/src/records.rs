//! What stands in the store: it is read or refused, and what is read is written as it was.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use pombo::{
    otp::{ChallengeId, Event, Recipient, RecipientKey, Supply},
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

/// Writes down what a life of the machine left behind, where such records are gathered: the search among
/// records begins with them.
pub(crate) fn leave(recipient: &Recipient) {
    if let Some(folder) = std::env::var_os("POMBO_FUZZ_RECORDS") {
        let blob = encode(recipient);
        let mut name = DefaultHasher::new();
        blob.hash(&mut name);
        let path = Path::new(&folder).join(format!("{:016x}", name.finish()));
        std::fs::write(path, blob).expect("a record can be written");
    }
}
