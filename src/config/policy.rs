//! `[code]`, `[resend]`, `[delivery]` and, over them, `[purpose.x]`: one policy for each purpose.

use std::{collections::BTreeSet, time::Duration};

use super::{
    kind::{DURATION, Kind, lasting, within},
    reader::Reader,
};
use crate::otp::{Channel, Policy, Profile, Purpose, code::LENGTHS};

/// NIST SP 800-63B-4 §3.1.3: an out-of-band secret is valid for at most ten minutes.
const LONGEST_LIFE: Duration = Duration::from_secs(600);

const LIFE: Kind<Duration> = Kind::new("a duration above zero and up to \"10m\"", |text| {
    lasting(text).filter(|life| *life <= LONGEST_LIFE)
});

const LENGTH: Kind<u8> = Kind::new("a whole number from 4 to 10", |text| within(text, LENGTHS));

const ATTEMPTS: Kind<u32> = Kind::new("a whole number from 1 to 20", |text| within(text, 1..=20));

const HASH: Kind<Profile> = Kind::new("\"balanced\", \"owasp\" or \"keyed\"", |text| {
    let profiles = [Profile::Balanced, Profile::Owasp, Profile::Keyed];
    profiles.into_iter().find(|profile| profile.as_str() == text)
});

const CHANNEL: Kind<Channel> =
    Kind::new("channels to try in order, out of \"whatsapp\" and \"sms\"", Channel::from_text);

const SWITCH: Kind<Option<Duration>> =
    Kind::new("\"off\" or a duration above zero, like \"20s\"", |text| {
        if text == "off" { Some(None) } else { lasting(text).map(Some) }
    });

/// Whether anybody carries messages on each channel.
pub(super) struct Senders {
    pub(super) whatsapp: bool,
    pub(super) sms: bool,
}

impl Senders {
    fn serve(&self, channel: Channel) -> bool {
        match channel {
            Channel::Whatsapp => self.whatsapp,
            Channel::Sms => self.sms,
        }
    }
}

pub(super) fn read(reader: &mut Reader, senders: &Senders) -> [Policy; 6] {
    let purposes = [
        Purpose::Signup,
        Purpose::Login,
        Purpose::Recovery,
        Purpose::Transaction,
        Purpose::PhoneChange,
        Purpose::DeviceRegistration,
    ];
    purposes.map(|purpose| {
        let mut keys = Layers { reader, purpose };
        let policy = keys.policy();
        keys.check(&policy, senders);
        policy
    })
}

/// The keys of one purpose over those of all.
struct Layers<'r> {
    reader: &'r mut Reader,
    purpose: Purpose,
}

impl Layers<'_> {
    fn policy(&mut self) -> Policy {
        let seconds = Duration::from_secs;
        Policy {
            ttl: self.get("code", "ttl", &LIFE).unwrap_or(seconds(300)),
            max_life: self.get("code", "max_life", &LIFE).unwrap_or(LONGEST_LIFE),
            length: self.get("code", "length", &LENGTH).unwrap_or(6),
            max_attempts: self.get("code", "max_attempts", &ATTEMPTS).unwrap_or(5),
            profile: self.get("code", "hash", &HASH).unwrap_or(Profile::Balanced),
            waits: self
                .list("resend", "waits", &DURATION)
                .unwrap_or_else(|| [30, 60, 120].map(seconds).into()),
            plan: self
                .list("delivery", "plan", &CHANNEL)
                .unwrap_or_else(|| vec![Channel::Whatsapp, Channel::Sms]),
            undelivered: self.get("delivery", "undelivered", &DURATION).unwrap_or(seconds(20)),
            unread: self.get("delivery", "unread", &SWITCH).flatten(),
            unverified: self.get("delivery", "unverified", &SWITCH).flatten(),
        }
    }

    // Both layers are always read, so that whatever is wrong in either is found.
    fn get<T>(&mut self, section: &str, name: &str, kind: &Kind<T>) -> Option<T> {
        let common = self.reader.section(section).get(name, kind);
        self.reader.section(self.own()).get(name, kind).or(common)
    }

    fn list<T>(&mut self, section: &str, name: &str, kind: &Kind<T>) -> Option<Vec<T>> {
        let common = self.reader.section(section).list(name, kind);
        self.reader.section(self.own()).list(name, kind).or(common)
    }

    fn own(&self) -> String {
        format!("purpose.{}", self.purpose.as_str())
    }

    /// The key that a value of this purpose comes from.
    fn origin(&self, section: &str, name: &str) -> String {
        let own = format!("{}.{name}", self.own());
        if self.reader.says(&own) { own } else { format!("{section}.{name}") }
    }

    fn check(&mut self, policy: &Policy, senders: &Senders) {
        let (ttl, max_life) = (self.origin("code", "ttl"), self.origin("code", "max_life"));
        if policy.ttl > policy.max_life {
            let (key, sentence) = match self.reader.says(&ttl) {
                true => {
                    (&ttl, format!("is longer than {max_life}; make it shorter, or that longer"))
                }
                false => {
                    (&max_life, format!("is shorter than {ttl}; make it longer, or that shorter"))
                }
            };
            self.reader.refuse_sound(key, sentence);
        }
        let plan = self.origin("delivery", "plan");
        let mut seen = BTreeSet::new();
        if policy.plan.is_empty() {
            self.reader.refuse_sound(&plan, "is empty; name at least one channel");
        } else if !policy.plan.iter().all(|channel| seen.insert(*channel)) {
            self.reader.refuse_sound(&plan, "names a channel twice; name each once");
        }
        for channel in seen.into_iter().filter(|channel| !senders.serve(*channel)) {
            let name = channel.as_str();
            let sentence = format!(
                "names {name}, but {name}.provider is none; choose a provider or take {name} out"
            );
            self.reader.refuse(&plan, sentence);
        }
    }
}
