//! WhatsApp by AWS End User Messaging Social: the message of the Cloud API, carried in a call of AWS.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use aws_sdk_socialmessaging::{
    Client, error::ProvideErrorMetadata,
    operation::send_whats_app_message::SendWhatsAppMessageError, primitives::Blob,
};

use super::{PAIR, template::Template};
use crate::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        aws::{self, Access, NAME, Refusal},
        reaction::{Reaction, Scope},
    },
    otp::{Channel, FailureReason as Why},
};

/// How AWS is reached and as whom.
pub struct AwsSettings {
    /// The account.
    pub access: Access,
    /// AWS's id of the sending number, `phone-number-id-…`, or its ARN.
    pub phone_number_id: String,
    /// The version of Meta's API that AWS speaks, like `v20.0`.
    pub api_version: String,
    /// What is sent.
    pub template: Template,
    /// Messages a second, of this process.
    pub rate: NonZeroU32,
}

/// Sends codes by `SendWhatsAppMessage`.
pub struct Aws {
    client: Client,
    phone_number_id: String,
    api_version: String,
    template: Template,
    rate: NonZeroU32,
}

impl Aws {
    /// Sets the SDK up; credentials are looked for with the first message.
    pub async fn new(settings: AwsSettings) -> Self {
        Self {
            client: Client::new(&settings.access.sdk().await),
            phone_number_id: settings.phone_number_id,
            api_version: settings.api_version,
            template: settings.template,
            rate: settings.rate,
        }
    }
}

#[async_trait]
impl Messenger for Aws {
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
        let body = self.template.body(message).to_string();
        let call = self
            .client
            .send_whats_app_message()
            .origination_phone_number_id(&self.phone_number_id)
            .meta_api_version(&self.api_version)
            .message(Blob::new(body));
        let answer = aws::ask(call.send(), limit, refusal, judge).await?;
        // Not Meta's id, which the first receipt tells; events of EventBridge know this one alone.
        Ok(Accepted { message_id: None, alias: answer.message_id, reference: None })
    }
}

fn refusal(error: &SendWhatsAppMessageError) -> Refusal<'_> {
    let code = error.code().unwrap_or_default();
    Refusal { code, reason: "", message: error.message().unwrap_or_default() }
}

/// What an exception means. What Meta itself refuses comes later, as a failed receipt.
pub fn judge(code: &str, _reason: &str) -> Option<Reaction> {
    Some(match code {
        "ThrottledRequestException" => Reaction::alone(Why::RateLimited, Again::Yes),
        "InternalServiceException" | "DependencyException" => {
            Reaction::alone(Why::Unavailable, Again::Doubtful)
        }
        "AccessDeniedException" => Reaction::stop(Why::Misconfigured, Scope::App),
        "AccessDeniedByMetaException" => Reaction::stop(Why::Misconfigured, Scope::Account),
        "LimitExceededException" => Reaction::stop(Why::RateLimited, Scope::Account),
        // There is nothing in the call that could be missing but the number.
        "ResourceNotFoundException" => Reaction::stop(Why::Misconfigured, Scope::PhoneNumber),
        "ValidationException" | "InvalidParametersException" => {
            Reaction::alone(Why::Rejected, Again::No)
        }
        _ => return None,
    })
}
