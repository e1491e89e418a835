//! What AWS tells, by SNS: receipts of WhatsApp and text messages, notices, and the subscription itself.
//!
//! Checked in this order, so that a stranger costs us nothing: the topic is one of ours, the signature is of a
//! version that we take, the certificate lies at SNS, the signature fits, the call is not old. SNS does not
//! repeat what it gets a 4xx for.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};

use super::{Answer, LATER, header, malformed, take};
use crate::{
    delivery::{
        Callback,
        sms::aws_events as sms,
        sns::{Certificates, Kind, Notification, Untrusted},
        whatsapp::{aws_events as whatsapp, notices::Ours},
    },
    insight::{metrics, strangers},
    otp::{Channel, Time},
    service::{Service, Whose},
};

const SOURCE: &str = "sns";

/// The sender of either channel.
const SENDER: &str = "aws";

/// SNS publishes up to 256 KB, which the JSON around it may double.
const MOST_BYTES: usize = 640 * 1024;

/// SNS repeats a call for an hour at most; clocks may differ by five minutes.
const OLDEST: Duration = Duration::from_secs(3_600 + 300);
const SKEW: Duration = Duration::from_secs(300);

/// What calls of SNS are checked with, and read by.
pub struct Sns {
    /// Where AWS publishes what becomes of WhatsApp messages, if they go by AWS.
    pub whatsapp_topic: Option<String>,
    /// Where it publishes what becomes of text messages, if they go by AWS.
    pub sms_topic: Option<String>,
    /// What news must concern to concern us.
    pub ours: Ours,
    /// Whether only signatures by SHA-256 count.
    pub sha256_only: bool,
    /// The certificates of SNS.
    pub certificates: Certificates,
}

type Parts = (Arc<Service>, Arc<Sns>);

pub(super) fn routes(service: Arc<Service>, sns: Sns) -> Router {
    let routes = post(call).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route("/webhooks/sns", routes.with_state((service, Arc::new(sns))))
}

async fn call(State((service, sns)): State<Parts>, headers: HeaderMap, body: Bytes) -> Answer {
    if header(&headers, "x-amz-sns-rawdelivery") == "true" {
        return refuse(
            "raw",
            "raw message delivery has no signature; switch it off on the subscription",
        );
    }
    let Ok(call) = Notification::parse(&body) else {
        return refuse("malformed", "a call is not in SNS's form");
    };
    if let Err(answer) = sns.believe(&call).await {
        return answer;
    }
    match call.kind {
        Kind::Notification => sns.take(&service, &call).await,
        Kind::SubscriptionConfirmation => sns.confirm(&call).await,
        Kind::UnsubscribeConfirmation => {
            tracing::warn!(topic = call.topic_arn, "the subscription has ended: receipts stop");
            metrics::webhook(SOURCE, "unsubscribed", 1);
            (StatusCode::OK, "")
        }
    }
}

impl Sns {
    /// Whether a call is genuine.
    async fn believe(&self, call: &Notification) -> Result<(), Answer> {
        if !self.topics().any(|topic| topic == call.topic_arn) {
            return Err(refuse("foreign_topic", "a topic that is none of ours"));
        }
        if self.sha256_only && call.signature_version == "1" {
            let why = "signed by SHA-1; set SignatureVersion of the topic to 2";
            return Err(refuse("old_signature", why));
        }
        let key = self.certificates.key(&call.signing_cert_url).await;
        let key = key.map_err(|error| match error {
            Untrusted::ForeignAddress => {
                refuse("foreign_certificate", "a certificate from elsewhere")
            }
            Untrusted::NoCertificate => refuse("forged", "no certificate lies where it should"),
            Untrusted::Away => later("certificate_away", "a certificate can't be fetched"),
        })?;
        if !key.signed(call) {
            return Err(refuse("forged", "the signature does not fit"));
        }
        match call.published_at().is_some_and(|at| is_of_now(at, now())) {
            true => Ok(()),
            false => Err(refuse("old", "too old, or of a time still to come")),
        }
    }

    fn topics(&self) -> impl Iterator<Item = &str> {
        [&self.whatsapp_topic, &self.sms_topic].into_iter().flatten().map(String::as_str)
    }

    /// Takes in what was published. One topic may serve both channels.
    async fn take(&self, service: &Arc<Service>, call: &Notification) -> Answer {
        let is_of = |topic: &Option<String>| topic.as_deref() == Some(&call.topic_arn);
        match is_of(&self.sms_topic).then(|| sms::parse(&call.message)) {
            Some(Ok(Some(callback))) => return told(service, Channel::Sms, vec![callback]).await,
            Some(Ok(None)) => return skipped(1),
            Some(Err(_)) if !is_of(&self.whatsapp_topic) => return malformed(SOURCE),
            // No event of a text message, so it is WhatsApp's.
            Some(Err(_)) | None => {}
        }
        let Ok(batch) = whatsapp::parse(&call.message, &self.ours) else {
            return malformed(SOURCE);
        };
        if batch.skipped > 0 {
            skipped(batch.skipped);
        }
        told(service, Channel::Whatsapp, batch.callbacks).await
    }

    async fn confirm(&self, call: &Notification) -> Answer {
        let Some(address) = &call.subscribe_url else {
            return refuse("malformed", "a question without an address to confirm at");
        };
        match self.certificates.confirm(address).await {
            Ok(()) => {
                tracing::info!(topic = call.topic_arn, "the subscription is confirmed");
                metrics::webhook(SOURCE, "confirmed", 1);
                (StatusCode::OK, "")
            }
            Err(Untrusted::ForeignAddress) => refuse("foreign_visit", "a visit to somewhere else"),
            Err(_) => later("unconfirmed", "a subscription can't be confirmed"),
        }
    }
}

async fn told(service: &Arc<Service>, channel: Channel, callbacks: Vec<Callback>) -> Answer {
    take(service, SOURCE, Whose { channel, sender: SENDER }, callbacks).await
}

fn skipped(count: usize) -> Answer {
    metrics::webhook(SOURCE, "skipped", count as u64);
    (StatusCode::OK, "")
}

fn refuse(result: &'static str, why: &'static str) -> Answer {
    if let Some(count) = strangers::count(why) {
        tracing::warn!(
            source = SOURCE,
            why,
            count,
            "callbacks were refused since the last such line"
        );
    }
    metrics::webhook(SOURCE, result, 1);
    (StatusCode::FORBIDDEN, why)
}

fn later(result: &'static str, why: &'static str) -> Answer {
    if let Some(count) = strangers::count(why) {
        tracing::warn!(
            source = SOURCE,
            why,
            count,
            "callbacks have to come again since the last such line"
        );
    }
    metrics::webhook(SOURCE, result, 1);
    LATER
}

fn is_of_now(published: Time, now: Time) -> bool {
    now.since(published) <= OLDEST && published.since(now) <= SKEW
}

/// For the age of a call, which is by SNS's clock: nothing about a challenge is decided by it.
#[allow(clippy::disallowed_methods)]
fn now() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_for_as_long_as_sns_repeats_it_and_for_what_clocks_differ() {
        let now = Time::from_millis(1_790_000_000_000);
        let at = |millis: i64| Time::from_millis(now.millis().saturating_add_signed(millis));
        for (millis, counts) in [
            (0, true),
            (-3_600_000, true),
            (-3_900_000, true),
            (-3_900_001, false),
            (300_000, true),
            (300_001, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            assert_eq!(is_of_now(at(millis), now), counts, "{millis}");
        }
    }
}
