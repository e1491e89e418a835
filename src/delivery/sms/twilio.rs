//! Text messages by Twilio.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{text::Texts, twilio_errors, twilio_webhook};
use crate::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        http_client::{self, Answer, SetupError},
        reaction::Reaction,
    },
    otp::{Channel, transaction::Details},
};

/// The provider's name in configuration, deliveries and metrics.
pub const NAME: &str = "twilio";

/// Bounds of a message's validity in seconds: Twilio's maximum, and a minimum since a validity of
/// five seconds or less may be over before the message has left Twilio's queue.
const VALIDITY_SECONDS: (u64, u64) = (6, 36_000);

/// Who a text message comes from.
#[derive(Clone, Debug)]
pub enum Sender {
    /// A number in E.164, a short code or an alphanumeric sender id.
    Number(String),
    /// The SID of a Messaging Service (`MG…`), which picks one of its own.
    MessagingService(String),
}

/// How Twilio is reached and as whom.
pub struct TwilioSettings {
    /// `https://api.twilio.com`, without a path.
    pub base_url: String,
    /// `AC…`
    pub account_sid: String,
    /// Signs callbacks too.
    pub auth_token: SecretString,
    /// Who messages come from.
    pub from: Sender,
    /// Where Twilio reaches our webhooks. Twilio wants a public host without an underscore; on
    /// another it takes the message and calls nobody back.
    pub public_url: String,
    /// What is sent.
    pub texts: Texts,
    /// Messages a second, of this process.
    pub rate: NonZeroU32,
}

/// Sends codes by Twilio's Programmable Messaging.
pub struct Twilio {
    client: Client,
    messages: Url,
    account_sid: String,
    auth_token: SecretString,
    from: Sender,
    public_url: String,
    texts: Texts,
    rate: NonZeroU32,
}

impl Twilio {
    /// Fails on a base address that is none, and on a machine without root certificates.
    pub fn new(settings: TwilioSettings) -> Result<Self, SetupError> {
        let base = http_client::base_url(&settings.base_url)?;
        let path = ["2010-04-01", "Accounts", &settings.account_sid, "Messages.json"];
        Ok(Self {
            client: http_client::client(&base)?,
            messages: http_client::resource(&base, path),
            account_sid: settings.account_sid,
            auth_token: settings.auth_token,
            from: settings.from,
            public_url: settings.public_url,
            texts: settings.texts,
            rate: settings.rate,
        })
    }
}

#[async_trait]
impl Messenger for Twilio {
    fn name(&self) -> &'static str {
        NAME
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: self.rate, pair: None }
    }

    fn shows(&self, details: &Details, language: &str, digits: u8) -> bool {
        self.texts.shows(language, digits, details)
    }

    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        let text = self.texts.render(&message.language, &message.code, message.details.as_ref());
        let callback = twilio_webhook::callback_url(&self.public_url, message.delivery);
        let validity = validity_seconds(message.lives_for).to_string();
        let from = match &self.from {
            Sender::Number(number) => ("From", number.as_str()),
            Sender::MessagingService(sid) => ("MessagingServiceSid", sid.as_str()),
        };
        let form = [
            ("To", message.to.e164()),
            from,
            ("Body", text.as_str()),
            ("StatusCallback", callback.as_str()),
            ("ValidityPeriod", validity.as_str()),
            ("RiskCheck", "enable"),
        ];
        let request = self
            .client
            .post(self.messages.clone())
            .basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()))
            .form(&form);
        read(&http_client::ask(request, limit).await?)
    }
}

/// As long as the code works: one that comes later would only confuse.
fn validity_seconds(lives_for: Duration) -> u64 {
    lives_for.as_secs().clamp(VALIDITY_SECONDS.0, VALIDITY_SECONDS.1)
}

/// What an answer means. Errors come in Twilio's own form and, of late, in that of RFC 9457; both
/// have a `code`. A message that failed on the spot is a success with an `error_code`.
fn read(answer: &Answer) -> Result<Accepted, SendError> {
    let body = &answer.body;
    if !answer.is_success() || !body["error_code"].is_null() {
        let code = number(&body["code"]).or_else(|| number(&body["error_code"]));
        let reaction = twilio_errors::judge(code, Some(answer.status));
        return Err(reaction.refused(code, answer.status, words(body)));
    }
    match body["sid"].as_str() {
        Some(sid) if !sid.is_empty() => Ok(Accepted::named(sid.to_owned())),
        _ => Err(Reaction::unanswered(Again::Unclear, "the answer names no message")),
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn words(body: &Value) -> &str {
    let keys = ["message", "detail", "title", "error_message"];
    keys.iter().find_map(|key| body[*key].as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{delivery::Again, otp::FailureReason};

    fn read(status: u16, body: Value) -> Result<String, SendError> {
        super::read(&Answer { status, body }).map(|accepted| accepted.message_id.unwrap())
    }

    #[test]
    fn a_message_with_a_sid_is_accepted() {
        let body =
            json!({ "sid": "SM1", "status": "queued", "error_code": null, "num_segments": "1" });
        assert_eq!(read(201, body), Ok("SM1".to_owned()));
        for body in [Value::Null, json!({ "sid": "" }), json!(["SM1"]), json!({ "sid": 1 })] {
            assert_eq!(read(201, body).unwrap_err().reaction.again, Again::Unclear);
        }
    }

    #[test]
    fn both_forms_of_errors_are_read() {
        let number = "The 'To' number +5511987654321 is not a valid phone number.";
        for body in [
            json!({ "code": 21211, "message": number, "more_info": "https://www.twilio.com/docs/errors/21211", "status": 400 }),
            json!({ "type": "about:blank", "title": "Invalid To", "status": 400, "code": 21211, "detail": number }),
            json!({ "code": "21211", "detail": number }),
        ] {
            let error = read(400, body).unwrap_err();
            assert_eq!(
                (error.reaction.reason, error.reaction.again),
                (FailureReason::Unreachable, Again::No)
            );
            assert_eq!(
                error.detail,
                "code 21211, HTTP 400: The 'To' number +############# is not a valid phone number."
            );
        }
    }

    #[test]
    fn a_message_that_failed_on_the_spot_is_not_accepted() {
        let body = json!({ "sid": "SM1", "status": "failed", "error_code": 30450 });
        assert_eq!(read(201, body).unwrap_err().reaction.reason, FailureReason::BlockedAsFraud);
    }

    #[test]
    fn a_message_is_valid_as_long_as_its_code() {
        for (lives_for_millis, seconds) in
            [(0, 6), (5_999, 6), (7_999, 7), (300_000, 300), (100_000_000, 36_000)]
        {
            assert_eq!(validity_seconds(Duration::from_millis(lives_for_millis)), seconds);
        }
    }
}
