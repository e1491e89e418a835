//! Breakers of prefixes that open and close: what an operator has to see, and no challenge's story.

use serde_json::json;

use super::funnel::rfc3339;
use crate::otp::{
    Country, RecipientKey, Time,
    toll::{
        Rule,
        breaker::{Change, Stand},
    },
};

/// A prefix's breaker opened or closed.
pub struct BreakerChange {
    /// The prefix, unrecognisable,
    pub prefix: RecipientKey,
    /// and where it lies.
    pub country: Country,
    /// How it changed.
    pub change: Change,
    /// Whether text messages are withheld by it, or this is only observed.
    pub enforced: bool,
}

impl BreakerChange {
    /// Its event record.
    pub fn event(&self, now: Time) -> Vec<u8> {
        let Self { prefix, country, change, enforced } = self;
        let open_until = self.open_until();
        let event = json!({
            "event": if open_until.is_some() { "breaker.opened" } else { "breaker.closed" },
            "time": rfc3339(now),
            "challenge": null,
            "country": country.as_str(),
            "prefix": prefix.to_string(),
            "rule": Rule::PrefixBreaker.as_str(),
            "enforced": enforced,
            "open_until": open_until.map(rfc3339),
            "recipients": change.recipients,
            "verified": change.verified,
        });
        event.to_string().into_bytes()
    }

    /// Tells the log.
    pub fn log(&self) {
        let Self { prefix, country, change, enforced } = self;
        let (recipients, verified) = (change.recipients, change.verified);
        let country = country.as_str();
        match self.open_until().map(rfc3339) {
            Some(open_until) => tracing::warn!(
                %prefix, country, recipients, verified, enforced, open_until,
                "hardly anybody of a prefix verifies: its breaker opened"
            ),
            None => tracing::info!(
                %prefix, country, recipients, verified, enforced,
                "a prefix's breaker closed"
            ),
        }
    }

    fn open_until(&self) -> Option<Time> {
        match self.change.to {
            Stand::Open(until) => Some(until),
            Stand::Closed | Stand::Probing(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn told(to: Stand) -> Value {
        let change = Change { to, recipients: 20, verified: 12 };
        let (prefix, country) = (RecipientKey([1; 16]), Country::new("BR"));
        let change = BreakerChange { prefix, country, change, enforced: false };
        serde_json::from_slice(&change.event(Time::from_secs(1))).unwrap()
    }

    #[test]
    fn one_that_opened_tells_until_when_and_one_that_closed_tells_by_whom() {
        let opened = told(Stand::Open(Time::from_secs(901)));
        assert_eq!(opened["event"], "breaker.opened");
        assert_eq!(opened["open_until"], "1970-01-01T00:15:01Z");
        let closed = told(Stand::Closed);
        assert_eq!(
            (&closed["event"], &closed["open_until"]),
            (&json!("breaker.closed"), &json!(null))
        );
        assert_eq!((&closed["recipients"], &closed["verified"]), (&json!(20), &json!(12)));
    }
}
