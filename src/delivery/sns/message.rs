//! The body of a call of SNS, and the text of it that is signed.

use std::str::FromStr;

use prost_types::Timestamp;
use serde::Deserialize;

use crate::{delivery::Malformed, otp::Time};

/// What SNS wants with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// Something was published.
    Notification,
    /// Somebody subscribed this address to a topic, which is to be confirmed.
    SubscriptionConfirmation,
    /// Somebody ended the subscription.
    UnsubscribeConfirmation,
}

/// A call of SNS, not believed yet. `Debug` is left out: what was published may hold numbers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notification {
    /// What it wants.
    #[serde(rename = "Type")]
    pub kind: Kind,
    /// Where it was published.
    pub topic_arn: String,
    /// What was published; for the other kinds a sentence for people.
    pub message: String,
    /// When, RFC 3339.
    pub timestamp: String,
    /// Where a subscription is confirmed.
    #[serde(rename = "SubscribeURL")]
    pub subscribe_url: Option<String>,
    /// "1" is SHA-1, "2" is SHA-256.
    pub signature_version: String,
    /// Base64.
    pub signature: String,
    /// Where the certificate lies that belongs to the signature.
    #[serde(rename = "SigningCertURL")]
    pub signing_cert_url: String,
    message_id: String,
    subject: Option<String>,
    token: Option<String>,
}

impl Notification {
    /// Reads a body. Names that are not known are left alone: SNS adds some.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(body).map_err(|_| Malformed("not a call of SNS"))
    }

    /// When it was published.
    pub fn published_at(&self) -> Option<Time> {
        let time = Timestamp::from_str(&self.timestamp).ok()?;
        let millis = time.seconds.checked_mul(1000)?.checked_add(i64::from(time.nanos) / 1_000_000);
        u64::try_from(millis?).ok().map(Time::from_millis)
    }

    /// The text that SNS signed: names and values in the order of the guide, each with a line break
    /// behind it, as they stood in the JSON but unescaped.
    pub fn signed_text(&self) -> String {
        let (subject, token) = (self.subject.as_deref(), self.token.as_deref());
        let visit = self.subscribe_url.as_deref();
        let published = self.kind == Kind::Notification;
        let fields = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(self.message_id.as_str())),
            ("Subject", subject.filter(|_| published)),
            ("SubscribeURL", visit.filter(|_| !published)),
            ("Timestamp", Some(self.timestamp.as_str())),
            ("Token", token.filter(|_| !published)),
            ("TopicArn", Some(self.topic_arn.as_str())),
            ("Type", Some(self.kind.as_str())),
        ];
        let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        present.map(|(name, value)| format!("{name}\n{value}\n")).collect()
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_is_read_to_the_millisecond() {
        let body = json!({
            "Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": "x",
            "Timestamp": "2026-05-02T00:54:06.655Z", "SignatureVersion": "2", "Signature": "",
            "SigningCertURL": "", "Subject": "s", "UnsubscribeURL": "u",
        });
        let notification = Notification::parse(body.to_string().as_bytes()).ok().unwrap();
        assert_eq!(notification.published_at(), Some(Time::from_millis(1_777_683_246_655)));
        let text = "Message\nx\nMessageId\nm\nSubject\ns\nTimestamp\n2026-05-02T00:54:06.655Z\n\
                    TopicArn\nt\nType\nNotification\n";
        assert_eq!(notification.signed_text(), text);
    }

    #[test]
    fn what_is_no_call_of_sns_is_malformed() {
        for body in ["", "{}", "[]", r#"{"Type":"Notification"}"#, r#"{"Type":"Other"}"#] {
            assert!(Notification::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
