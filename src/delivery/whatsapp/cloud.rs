//! WhatsApp by Meta's Cloud API.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{PAIR, errors, template::Template};
use crate::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        http_client::{self, Answer, SetupError},
        reaction::{Reaction, Scope},
    },
    otp::{Channel, FailureReason},
};

/// The provider's name in configuration, deliveries and metrics.
pub const NAME: &str = "cloud";

/// How Meta is reached and as whom.
pub struct CloudSettings {
    /// `https://graph.facebook.com`, without a path.
    pub base_url: String,
    /// Of the Graph API, like `v25.0`.
    pub api_version: String,
    /// Meta's id of the number that messages come from.
    pub phone_number_id: String,
    /// Needs the permission `whatsapp_business_messaging`.
    pub access_token: SecretString,
    /// What is sent.
    pub template: Template,
    /// Messages a second, of this process.
    pub rate: NonZeroU32,
}

/// Sends codes by the Cloud API.
pub struct Cloud {
    client: Client,
    messages: Url,
    access_token: SecretString,
    template: Template,
    rate: NonZeroU32,
}

impl Cloud {
    /// Fails on a base address that is none, and on a machine without root certificates.
    pub fn new(settings: CloudSettings) -> Result<Self, SetupError> {
        let base = http_client::base_url(&settings.base_url)?;
        let path = [&*settings.api_version, &settings.phone_number_id, "messages"];
        Ok(Self {
            client: http_client::client(&base)?,
            messages: http_client::resource(&base, path),
            access_token: settings.access_token,
            template: settings.template,
            rate: settings.rate,
        })
    }
}

#[async_trait]
impl Messenger for Cloud {
    fn name(&self) -> &'static str {
        NAME
    }

    fn channel(&self) -> Channel {
        Channel::Whatsapp
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: self.rate, pair: Some(PAIR) }
    }

    fn templates(&self, language: &str) -> Vec<String> {
        self.template.languages_for(language)
    }

    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        let request = self
            .client
            .post(self.messages.clone())
            .bearer_auth(self.access_token.expose_secret())
            .json(&self.template.body(message));
        read(&http_client::ask(request, limit).await?)
    }
}

/// What an answer means. An error counts whatever the status is; Meta's pages contradict each other
/// about those.
fn read(answer: &Answer) -> Result<Accepted, SendError> {
    let error = &answer.body["error"];
    if !error.is_null() || !answer.is_success() {
        let code = error["code"].as_i64();
        let reaction = errors::judge(code, Some(answer.status));
        return Err(reaction.refused(code, answer.status, &words(error)));
    }
    let message = &answer.body["messages"][0];
    if let Some(status @ ("held_for_quality_assessment" | "paused")) =
        message["message_status"].as_str()
    {
        return Err(HELD.refused(None, answer.status, status));
    }
    match message["id"].as_str() {
        Some(id) if !id.is_empty() => Ok(Accepted::named(id.to_owned())),
        _ => Err(Reaction::unanswered(Again::Unclear, "the answer names no message")),
    }
}

/// Taken, but held back while Meta judges the template by the first messages of it, which takes
/// longer than a code lives. Like a rate limit it passes by itself and nothing is wrong with this
/// message; it isn't tried again, as the held one may still go out (its receipts will tell).
const HELD: Reaction = Reaction::stop(FailureReason::RateLimited, Scope::Template);

/// Meta's own words, and the trace id that its support asks for.
fn words(error: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (message, details) = (text(&error["message"]), text(&error["error_data"]["details"]));
    let trace = text(&error["fbtrace_id"]);
    [("", message), ("", details), ("trace ", trace)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| format!("{label}{text}"))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: Value) -> Result<String, SendError> {
        super::read(&Answer { status, body }).map(|accepted| accepted.message_id.unwrap())
    }

    #[test]
    fn a_message_with_an_id_is_accepted() {
        let body =
            json!({ "messages": [{ "id": "wamid.1", "message_status": "accepted" }], "new": 1 });
        assert_eq!(read(200, body), Ok("wamid.1".to_owned()));
        assert_eq!(
            read(201, json!({ "messages": [{ "id": "wamid.2" }] })),
            Ok("wamid.2".to_owned())
        );
    }

    #[test]
    fn a_success_that_names_no_message_is_unclear() {
        for body in [
            Value::Null,
            json!([]),
            json!({ "messages": [] }),
            json!({ "messages": [{ "id": "" }] }),
            json!({ "messages": [{ "id": 7 }] }),
            json!({ "messages": { "0": { "id": "wamid" } } }),
        ] {
            assert_eq!(
                read(200, body.clone()).unwrap_err().reaction.again,
                Again::Unclear,
                "{body}"
            );
        }
    }

    #[test]
    fn a_message_held_back_will_not_go_out_now() {
        for status in ["held_for_quality_assessment", "paused"] {
            let body = json!({ "messages": [{ "id": "wamid.1", "message_status": status }] });
            let error = read(200, body).unwrap_err();
            assert_eq!(
                (error.reaction.reason, error.reaction.again),
                (FailureReason::RateLimited, Again::No)
            );
            assert!(error.detail.contains(status));
        }
    }

    #[test]
    fn an_error_is_told_in_metas_words_without_the_number() {
        let body = json!({ "error": {
            "message": "(#131026) Message undeliverable", "code": 131026, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
            "error_data": { "details": "to 5511987654321" },
        }});
        let error = read(400, body).unwrap_err();
        assert_eq!(error.reaction.reason, FailureReason::NotOnWhatsapp);
        assert_eq!(
            error.detail,
            "code 131026, HTTP 400: (#######) Message undeliverable; to #############; trace Az8or2yhqkZfEZ-_4Qn_Bam"
        );
    }

    #[test]
    fn an_error_without_a_code_is_judged_by_its_status() {
        for (status, body, again) in [
            (502, Value::Null, Again::Doubtful),
            (500, json!({ "error": "down" }), Again::Doubtful),
            (400, json!({ "error": { "code": "190" } }), Again::No),
            (302, Value::Null, Again::No),
        ] {
            assert_eq!(read(status, body).unwrap_err().reaction.again, again, "{status}");
        }
    }
}
