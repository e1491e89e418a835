//! Text messages by AWS End User Messaging SMS.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;
use aws_sdk_pinpointsmsvoicev2::{
    Client,
    error::ProvideErrorMetadata,
    operation::send_text_message::SendTextMessageError,
    types::{MessageFeedbackStatus, MessageType},
};

use super::{aws_errors::judge, aws_events::CONTEXT, text::Texts};
use crate::{
    delivery::{
        Accepted, Again, Message, Messenger, Pacing, SendError,
        aws::{self, Access, NAME, Refusal},
        reaction::Reaction,
    },
    insight::metrics,
    otp::{Channel, transaction::Details},
};

/// Bounds of a message's time to live in seconds, by AWS.
const LIFE_SECONDS: (u64, u64) = (5, 259_200);

/// How long telling AWS what became of a code may take.
const FEEDBACK: Duration = Duration::from_secs(5);

/// How AWS is reached and as whom.
pub struct AwsSettings {
    /// The account.
    pub access: Access,
    /// A number, sender id or pool; without one AWS picks.
    pub origination_identity: Option<String>,
    /// Whose event destination tells of the message.
    pub configuration_set: Option<String>,
    /// Whose rules guard against fraud.
    pub protect_configuration: Option<String>,
    /// The most that a message may cost, in US dollars, like `0.50`.
    pub max_price: Option<String>,
    /// What is sent.
    pub texts: Texts,
    /// Messages a second, of this process.
    pub rate: NonZeroU32,
}

/// Sends codes by `SendTextMessage`.
pub struct Aws {
    client: Client,
    settings: AwsSettings,
}

impl Aws {
    /// Sets the SDK up; credentials are looked for with the first message.
    pub async fn new(settings: AwsSettings) -> Self {
        Self { client: Client::new(&settings.access.sdk().await), settings }
    }
}

#[async_trait]
impl Messenger for Aws {
    fn name(&self) -> &'static str {
        NAME
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn pacing(&self) -> Pacing {
        Pacing { rate: self.settings.rate, pair: None }
    }

    fn shows(&self, details: &Details, language: &str, digits: u8) -> bool {
        self.settings.texts.shows(language, digits, details)
    }

    async fn send(&self, message: &Message, limit: Duration) -> Result<Accepted, SendError> {
        let text =
            self.settings.texts.render(&message.language, &message.code, message.details.as_ref());
        let call = self
            .client
            .send_text_message()
            .destination_phone_number(message.to.e164())
            .message_body(text.as_str())
            .message_type(MessageType::Transactional)
            .time_to_live(life_seconds(message.lives_for))
            .context(CONTEXT, message.delivery.to_string())
            .message_feedback_enabled(true)
            .set_origination_identity(self.settings.origination_identity.clone())
            .set_configuration_set_name(self.settings.configuration_set.clone())
            .set_protect_configuration_id(self.settings.protect_configuration.clone())
            .set_max_price(self.settings.max_price.clone());
        let answer = aws::ask(call.send(), limit, refusal, judge).await?;
        match answer.message_id.filter(|id| !id.is_empty()) {
            Some(id) => Ok(Accepted { reference: Some(id.clone()), ..Accepted::named(id) }),
            None => Err(Reaction::unanswered(Again::Unclear, "the answer names no message")),
        }
    }

    async fn conclude(&self, reference: &str, used: bool) {
        let status = match used {
            true => MessageFeedbackStatus::Received,
            false => MessageFeedbackStatus::Failed,
        };
        let call = self.client.put_message_feedback().message_id(reference);
        let call = call.message_feedback_status(status).send();
        let result = match tokio::time::timeout(FEEDBACK, call).await {
            Ok(Ok(_)) => "taken",
            Ok(Err(error)) => {
                tracing::warn!(sender = NAME, code = error.code(), "feedback was refused");
                "refused"
            }
            Err(_) => "late",
        };
        metrics::feedback(NAME, result);
    }
}

/// As long as the code works: one that comes later would only confuse.
fn life_seconds(lives_for: Duration) -> i32 {
    let seconds = lives_for.as_secs().clamp(LIFE_SECONDS.0, LIFE_SECONDS.1);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn refusal(error: &SendTextMessageError) -> Refusal<'_> {
    use SendTextMessageError::{
        AccessDeniedException, ConflictException, ServiceQuotaExceededException,
        ValidationException,
    };
    let reason = match error {
        AccessDeniedException(denied) => denied.reason().map(|it| it.as_str()),
        ConflictException(conflict) => conflict.reason().map(|it| it.as_str()),
        ServiceQuotaExceededException(quota) => quota.reason().map(|it| it.as_str()),
        ValidationException(invalid) => invalid.reason().map(|it| it.as_str()),
        _ => None,
    };
    Refusal {
        code: error.code().unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        message: error.message().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_lives_no_longer_than_its_code_within_what_aws_allows() {
        for (seconds, told) in [(0, 5), (5, 5), (299, 299), (300_000, 259_200)] {
            assert_eq!(life_seconds(Duration::from_secs(seconds)), told);
        }
    }
}
