//! The bodies of SNS's calls, and what of them is signed.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde_json::{Map, Value, json};

use super::{Cloud, ids, key::Key};
use crate::simulator::clock;

/// What is signed of each kind, in this order; a field that is not there is left out.
const OF_NOTIFICATION: [&str; 6] =
    ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const OF_CONFIRMATION: [&str; 7] =
    ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

pub(super) type Fields = Map<String, Value>;

/// One message to a topic.
#[derive(Clone)]
pub(super) struct Notification {
    /// The same for every subscriber, and in every attempt.
    pub id: String,
    pub topic: String,
    pub subject: Option<String>,
    pub message: String,
    /// Data type and value by name. They are not signed.
    pub attributes: BTreeMap<String, (String, String)>,
}

impl Notification {
    pub fn signed(&self, cloud: &Cloud, subscription: &str) -> Fields {
        let fields = self.fields(cloud, subscription, Duration::ZERO);
        signed(fields, cloud.sns.key(), &cloud.account().signature_version)
    }

    /// As it stands `age` after it was published.
    pub fn fields(&self, cloud: &Cloud, subscription: &str, age: Duration) -> Fields {
        let mut fields = common(cloud, "Notification", &self.topic, &self.message, age);
        fields["MessageId"] = json!(self.id);
        let unsubscribe =
            format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription}", cloud.url());
        fields.insert("UnsubscribeURL".into(), unsubscribe.into());
        if let Some(subject) = &self.subject {
            fields.insert("Subject".into(), json!(subject));
        }
        if !self.attributes.is_empty() {
            let attributes = self.attributes.iter().map(|(name, (kind, value))| {
                (name.clone(), json!({ "Type": kind, "Value": value }))
            });
            fields.insert("MessageAttributes".into(), Value::Object(attributes.collect()));
        }
        fields
    }
}

/// The question whether an address wants a topic's notifications.
pub(super) fn confirmation(cloud: &Cloud, topic: &str, token: &str, url: &str) -> Fields {
    let message = format!(
        "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the \
         SubscribeURL included in this message."
    );
    let kind = "SubscriptionConfirmation";
    let mut fields = common(cloud, kind, topic, &message, Duration::ZERO);
    fields.insert("Token".into(), token.into());
    fields.insert("SubscribeURL".into(), url.into());
    signed(fields, cloud.sns.key(), &cloud.account().signature_version)
}

fn common(cloud: &Cloud, kind: &str, topic: &str, message: &str, age: Duration) -> Fields {
    let time = SystemTime::now() - age;
    let mut fields = Fields::new();
    for (name, value) in [
        ("Type", kind.to_owned()),
        ("MessageId", ids::uuid()),
        ("TopicArn", topic.to_owned()),
        ("Message", message.to_owned()),
        ("Timestamp", clock::rfc3339_fraction(time, 3)),
        ("SigningCertURL", format!("{}/{}", cloud.url(), cloud.sns.key().file())),
    ] {
        fields.insert(name.into(), value.into());
    }
    fields
}

/// The same with the signature over it.
pub(super) fn signed(mut fields: Fields, key: &Key, version: &str) -> Fields {
    let signature = key.sign(version, &canonical(&fields));
    fields.insert("SignatureVersion".into(), version.into());
    fields.insert("Signature".into(), signature.into());
    fields
}

/// Name and value of each field on lines of their own, the last one ended too.
fn canonical(fields: &Fields) -> String {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let names: &[&str] = match text("Type") {
        Some("Notification") => &OF_NOTIFICATION,
        _ => &OF_CONFIRMATION,
    };
    names.iter().filter_map(|name| Some(format!("{name}\n{}\n", text(name)?))).collect()
}
