//! Ids of challenges and deliveries, as strangers and providers may spell them.

use std::{fmt::Display, str::FromStr};

use pombo::otp::{ChallengeId, DeliveryRef, RecipientKey};

/// What is read is an id in its only spelling.
pub fn read(text: &str) {
    one_spelling::<ChallengeId>(text);
    one_spelling::<DeliveryRef>(text);
    // Keys are in keys of Redis, which nobody but the service spells.
    let _ = text.parse::<RecipientKey>();
}

fn one_spelling<Id: FromStr + Display>(text: &str) {
    if let Ok(id) = text.parse::<Id>() {
        assert_eq!(id.to_string(), text, "an id has one spelling");
    }
}
