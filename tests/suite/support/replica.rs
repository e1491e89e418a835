//! A replica in the test's own process, with a sender that takes every message and tells nothing more.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use pombo::{
    config::{Config, Mode},
    delivery::{Accepted, Message, Messenger, Pacing, SendError},
    otp::{ChallengeId, Channel, Countries, PhoneNumber, Profile, Purpose, Rules, Time, toll},
    service::{Entropy, Issue, Parts, Service, SharedLimits, numbers::Numbers},
    store::Store,
};

use crate::config::{INDEX, RING};

/// The sender's name.
pub const TAKER: &str = "taker";

/// Takes every message.
struct Taker;

#[async_trait]
impl Messenger for Taker {
    fn name(&self) -> &'static str {
        TAKER
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: NonZeroU32::new(100_000).unwrap(), pair: None }
    }

    async fn send(&self, message: &Message, _limit: Duration) -> Result<Accepted, SendError> {
        Ok(Accepted::named(message.delivery.to_string()))
    }
}

/// The configuration of `pombo dev`, with keys that all replicas share.
pub fn config() -> Config {
    let keys = [("POMBO_KEYS__RING", RING), ("POMBO_KEYS__INDEX", INDEX)];
    Config::load(Mode::Dev, None, keys.map(|(key, value)| (key.into(), value.into()))).unwrap()
}

/// Rules by which a challenge has one alarm of note: its expiry, after this time.
pub fn rules(ttl: Duration) -> Rules {
    let mut rules = config().rules;
    for policy in &mut rules.policies {
        policy.plan = vec![Channel::Sms];
        policy.profile = Profile::Keyed;
        policy.undelivered = ttl * 2;
        (policy.ttl, policy.max_life) = (ttl, ttl);
    }
    rules.sms_senders = vec![TAKER.to_owned()];
    rules
}

/// A replica over this store.
pub fn replica(store: Arc<dyn Store>, rules: Rules) -> Arc<Service> {
    guarded(store, rules, toll::Rules::default())
}

/// A replica that guards against toll fraud.
pub fn guarded(store: Arc<dyn Store>, rules: Rules, tolls: toll::Rules) -> Arc<Service> {
    let config = config();
    // The numbering plans are read at their first use, which would hold up whatever runs by then.
    drop(PhoneNumber::parse("+5511987654300"));
    Service::new(Parts {
        store,
        rules,
        keyring: config.keys.keyring(),
        index: config.keys.index_key(),
        numbers: Numbers { countries: Countries::Any, tests: Default::default() },
        screens: Default::default(),
        shared_limits: SharedLimits::default(),
        tolls,
        messengers: vec![Arc::new(Taker)],
        issuer: Default::default(),
        entropy: Entropy::of_system(),
    })
}

/// Issues a code for a login.
pub async fn issue(service: &Arc<Service>, number: &str) -> ChallengeId {
    service.issue(demand(service, number)).await.unwrap().challenge
}

/// A demand for a login's code.
pub fn demand(service: &Service, number: &str) -> Issue {
    Issue {
        caller: String::new(),
        recipient: service.numbers().admit(number, Time::default()).unwrap(),
        purpose: Purpose::Login,
        subject: String::new(),
        client_ip: None,
        language: String::new(),
        transaction: None,
        channel: None,
        idempotency_key: String::new(),
    }
}
