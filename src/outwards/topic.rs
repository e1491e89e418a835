//! A topic of AWS SNS: one message an event, the whole CloudEvent its text.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sns::{
    Client,
    config::http::HttpResponse,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::publish::{PublishError, builders::PublishFluentBuilder},
    types::MessageAttributeValue,
};

use tokio::time::timeout;

use super::{CloudEvent, Sink, Verdict, event::CONTENT_TYPE};
use crate::{delivery::aws::Access, otp::Time};

/// A topic that takes events.
pub struct Topic {
    client: Client,
    arn: String,
    limit: Duration,
}

impl Topic {
    /// A topic by its ARN, in the account that `access` leads to; credentials are looked for with the
    /// first event. Publishing takes `limit` at most, and is tried once: the courier knows when again.
    pub async fn new(arn: String, access: &Access, limit: Duration) -> Self {
        Self { client: Client::new(&access.sdk().await), arn, limit }
    }

    /// The attributes are there for filter policies. A FIFO topic keeps the order of each challenge,
    /// and drops a second try within five minutes.
    fn publish(&self, event: &CloudEvent) -> Result<PublishFluentBuilder, BuildError> {
        let message = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .message(String::from_utf8_lossy(&event.body))
            .message_attributes("type", text(&event.kind)?)
            .message_attributes("content-type", text(CONTENT_TYPE)?);
        Ok(if self.arn.ends_with(".fifo") {
            message.message_group_id(&event.group).message_deduplication_id(&event.id)
        } else {
            message
        })
    }
}

fn text(value: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build()
}

#[async_trait]
impl Sink for Topic {
    fn name(&self) -> &'static str {
        "sns"
    }

    async fn take(&self, event: &CloudEvent, _now: Time) -> Verdict {
        let Ok(message) = self.publish(event) else {
            return Verdict::Refused("the message can't be built".to_owned());
        };
        match timeout(self.limit, message.send()).await {
            Ok(answer) => answer.map_or_else(judge, |_| Verdict::Taken),
            Err(_) => Verdict::Later("no answer in time".to_owned(), None),
        }
    }
}

/// What a failure means. SNS's own sentences may repeat what it was sent, so only its code is told.
fn judge(error: SdkError<PublishError, HttpResponse>) -> Verdict {
    let Some(refusal) = error.as_service_error() else {
        return Verdict::Later("no connection, or no answer that can be read".to_owned(), None);
    };
    let told = format!("it answered {}", refusal.code().unwrap_or("an error without a code"));
    // Credentials, rights and a topic that is gone are no event's fault.
    match refusal {
        PublishError::InvalidParameterException(_)
        | PublishError::InvalidParameterValueException(_)
        | PublishError::ValidationException(_) => Verdict::Refused(told),
        _ => Verdict::Later(told, None),
    }
}
