//! Calls that a rule or a screen against toll fraud refused: nothing came of them, so they stand in no
//! record. Who refuses a flood of them would flood the event record in turn, so those that are alike are
//! told together.

use std::collections::BTreeSet;

use serde_json::json;

use super::funnel::rfc3339;
use crate::otp::{
    ChallengeId, Event, Purpose, Time,
    event::Text,
    toll::{Destination, Hit, Screen},
};

/// Challenges that are told of at once, each by itself. Of more only the number of calls is told.
const CHALLENGES: usize = 8;

/// A call that wanted a message and got none, or would have got none if the rule were enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCall {
    caller: String,
    /// The one that was pending.
    challenge: Option<ChallengeId>,
    /// Of IssueCode, which names one.
    purpose: Option<Purpose>,
    to: Destination,
    rule: &'static str,
    enforced: bool,
}

/// Calls, those that are alike counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RefusedCalls(Vec<(RefusedCall, u32)>);

impl RefusedCall {
    /// One to a number that a screen hits.
    pub fn by_screen(
        caller: &str,
        purpose: Purpose,
        to: Destination,
        screen: Screen,
        enforced: bool,
    ) -> Self {
        Self {
            caller: caller.to_owned(),
            challenge: None,
            purpose: Some(purpose),
            to,
            rule: screen.as_str(),
            enforced,
        }
    }

    /// One whose text message was withheld, as one of the rules in its way tells it. `None` if it is no call
    /// that asks for a message.
    pub fn by_rule(event: &Event, text: Text, hit: Hit) -> Option<Self> {
        let (caller, purpose, is_new) = match event {
            Event::Issue(issue) => {
                let is_new = text.delivery.challenge == issue.new_id;
                (&issue.flow.caller, Some(issue.flow.purpose), is_new)
            }
            Event::Resend { caller, .. } => (caller, None, false),
            _ => return None,
        };
        let challenge = Some(text.delivery.challenge).filter(|_| !is_new);
        let (caller, rule, enforced) = (caller.clone(), hit.rule.as_str(), hit.enforced);
        Some(Self { caller, challenge, purpose, to: text.to, rule, enforced })
    }

    fn event(&self, calls: u32, now: Time) -> Vec<u8> {
        let Self { caller, challenge, purpose, to, rule, enforced } = self;
        let event = json!({
            "event": "call.refused",
            "time": rfc3339(now),
            "challenge": challenge.map(|id| id.to_string()),
            "caller": caller,
            "purpose": purpose.map(Purpose::as_str),
            "country": to.country.as_str(),
            "prefix": to.prefix.map(|prefix| prefix.to_string()),
            "rule": rule,
            "enforced": enforced,
            "calls": calls,
        });
        event.to_string().into_bytes()
    }
}

impl From<RefusedCall> for RefusedCalls {
    fn from(call: RefusedCall) -> Self {
        Self(vec![(call, 1)])
    }
}

impl RefusedCalls {
    /// Adds others.
    pub fn add(&mut self, others: Self) {
        for (mut call, calls) in others.0 {
            let named: BTreeSet<_> = self.0.iter().filter_map(|(it, _)| it.challenge).collect();
            let is_told = |id: &_| named.contains(id) || named.len() < CHALLENGES;
            call.challenge = call.challenge.filter(is_told);
            match self.0.iter_mut().find(|(known, _)| *known == call) {
                Some((_, known)) => *known = known.saturating_add(calls),
                None => self.0.push((call, calls)),
            }
        }
    }

    /// How many there are, each as often as there were rules in its way.
    pub fn count(&self) -> u32 {
        self.0.iter().fold(0, |sum, (_, calls)| sum.saturating_add(*calls))
    }

    /// Their event records.
    pub fn events(&self, now: Time) -> Vec<Vec<u8>> {
        self.0.iter().map(|(call, calls)| call.event(*calls, now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::{Country, toll::Rule};

    fn call(challenge: Option<u8>) -> RefusedCalls {
        call_by(Rule::PrefixBudget, challenge)
    }

    fn call_by(rule: Rule, challenge: Option<u8>) -> RefusedCalls {
        let to = Destination { prefix: None, country: Country::new("BR") };
        let challenge = challenge.map(|id| ChallengeId([id; 32]));
        let purpose = Some(Purpose::Login);
        let (caller, rule) = ("shop".to_owned(), rule.as_str());
        RefusedCall { caller, challenge, purpose, to, rule, enforced: true }.into()
    }

    #[test]
    fn a_flood_of_calls_is_a_handful_of_events_and_each_call_is_counted() {
        let mut refused = RefusedCalls::default();
        (0..1_000).for_each(|_| refused.add(call(None)));
        assert_eq!((refused.count(), refused.events(Time::from_secs(1)).len()), (1_000, 1));
        (0..200).for_each(|id| refused.add(call(Some(id))));
        (0..4).for_each(|id| refused.add(call(Some(id))));
        assert_eq!((refused.count(), refused.events(Time::from_secs(1)).len()), (1_204, 9));
        let events = refused.events(Time::from_secs(1)).concat();
        let events = String::from_utf8(events).unwrap();
        assert!(events.contains("\"calls\":1192") && events.contains("\"calls\":2"), "{events}");
    }

    #[test]
    fn a_challenge_that_is_told_of_is_named_by_each_rule() {
        let mut refused = RefusedCalls::default();
        (0..8).for_each(|id| refused.add(call(Some(id))));
        (0..8).for_each(|id| refused.add(call_by(Rule::SpendCap, Some(id))));
        let named = refused.0.iter().filter(|(call, _)| call.challenge.is_some());
        assert_eq!(named.count(), 16);
    }
}
