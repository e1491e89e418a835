//! A replica in the test's own process, with a sender that takes every message and tells nothing more.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use pombo::{
    config::{Config, Mode},
    delivery::{Accepted, Message, Messenger, Pacing, SendError},
    otp::{
        ChallengeId, Channel, Code, Countries, PhoneNumber, Profile, Purpose, Rules, Time,
        VerifyOutcome, toll,
    },
    service::{Entropy, Guess, Issue, Parts, Service, SharedLimits, numbers::Numbers},
    store::Store,
};

use crate::config::{INDEX, RING};

/// The sender's name.
pub const TAKER: &str = "taker";

/// Takes every message, and keeps the last code of each challenge.
#[derive(Clone, Default)]
pub struct Taker(Arc<Mutex<HashMap<ChallengeId, Code>>>);

impl Taker {
    /// The code of a challenge whose message it took.
    pub fn code(&self, challenge: &ChallengeId) -> Code {
        self.0.lock().unwrap()[challenge].clone()
    }
}

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
        let challenge = message.delivery.challenge;
        self.0.lock().unwrap().insert(challenge, message.code.clone());
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
    guarded(store, rules, toll::Rules::default(), Taker::default())
}

/// A replica that guards against toll fraud, and sends by this sender.
pub fn guarded(
    store: Arc<dyn Store>,
    rules: Rules,
    tolls: toll::Rules,
    taker: Taker,
) -> Arc<Service> {
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
        messengers: vec![Arc::new(taker)],
        issuer: Default::default(),
        entropy: Entropy::of_system(),
    })
}

/// Issues a code for a login.
pub async fn issue(service: &Arc<Service>, number: &str) -> ChallengeId {
    service.issue(demand(service, number)).await.unwrap().challenge
}

/// Gives a login's code back.
pub async fn verify(service: &Arc<Service>, challenge: ChallengeId, code: Code) -> VerifyOutcome {
    let guess = Guess {
        caller: String::new(),
        challenge,
        code,
        transaction: None,
        subject: None,
        purpose: None,
        idempotency_key: String::new(),
    };
    service.verify(guess).await.unwrap().guessed.outcome
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
