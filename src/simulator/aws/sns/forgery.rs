//! Notifications that a subscriber must not believe, each wrong in one way only.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Cloud,
    deliver::Call,
    ids,
    key::Key,
    notification::{Fields, Notification, confirmation, signed},
};

/// What is wrong with a notification, the rest of which is as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Nothing: for the counter-test.
    None,
    /// The message is another than the one that was signed.
    Tampered,
    /// Published to a topic of somebody else's, and signed well.
    ForeignTopic(String),
    /// The certificate is fetched from elsewhere; what lies there is right.
    ForeignHost(String),
    /// Signed by another key than the certificate shows.
    ForeignKey,
    /// Published so long ago.
    Old(Duration),
    /// Raw delivery: the message alone, with no signature.
    Raw,
    /// The fields are there, the signature is not.
    Unsigned,
    /// Of this `SignatureVersion`, and signed as it wants ("1"), or as nobody knows.
    Version(String),
}

impl Cloud {
    /// Makes one call of an address, past every subscription, and tells what it answered.
    pub(in crate::simulator::aws) async fn forge(
        &self,
        endpoint: &str,
        topic: &str,
        message: &str,
        forgery: &Forgery,
    ) -> Option<u16> {
        let arn = format!("{topic}:{}", ids::uuid());
        let mut call = Call::new(endpoint, Some(&arn), self.forged(topic, message, &arn, forgery));
        if *forgery == Forgery::Raw {
            call.headers.push(("x-amz-sns-rawdelivery", "true".into()));
            call.body = message.to_owned();
        }
        call.make(&self.world).await
    }

    /// Asks an address to confirm a subscription by visiting this very place, and tells what it answered.
    pub(in crate::simulator::aws) async fn ask_to_visit(
        &self,
        endpoint: &str,
        topic: &str,
        url: &str,
    ) -> Option<u16> {
        let fields = confirmation(self, topic, &ids::hex(32), url);
        Call::new(endpoint, None, fields).make(&self.world).await
    }

    fn forged(&self, topic: &str, message: &str, arn: &str, forgery: &Forgery) -> Fields {
        let notification = |topic: &str, age| {
            let (id, topic, message) = (ids::uuid(), topic.to_owned(), message.to_owned());
            let attributes = Default::default();
            Notification { id, topic, subject: None, message, attributes }.fields(self, arn, age)
        };
        let fresh = notification(topic, Duration::ZERO);
        let (key, version) = (self.sns.key(), self.account().signature_version.as_str());
        match forgery {
            Forgery::None | Forgery::Raw => signed(fresh, key, version),
            Forgery::Tampered => {
                with(signed(fresh, key, version), "Message", format!("{message} ").into())
            }
            Forgery::ForeignTopic(topic) => {
                signed(notification(topic, Duration::ZERO), key, version)
            }
            Forgery::ForeignHost(host) => {
                let url = format!("{host}/{}", key.file());
                with(signed(fresh, key, version), "SigningCertURL", url.into())
            }
            Forgery::ForeignKey => signed(fresh, &Key::make(), version),
            Forgery::Old(age) => signed(notification(topic, *age), key, version),
            Forgery::Unsigned => with(signed(fresh, key, version), "Signature", json!("")),
            Forgery::Version(version) => signed(fresh, key, version),
        }
    }
}

fn with(mut fields: Fields, name: &str, value: Value) -> Fields {
    fields[name] = value;
    fields
}
