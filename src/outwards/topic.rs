//! A topic of AWS SNS: one message an event, the whole CloudEvent its text.

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sns::{
    Client,
    config::http::HttpResponse,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::publish::{PublishError, builders::PublishFluentBuilder},
    types::MessageAttributeValue,
};

use super::{CloudEvent, Sink, Verdict, event::CONTENT_TYPE, sink::LIMIT};
use crate::otp::Time;

/// A topic that takes events.
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// A topic by its ARN. Credentials come by the SDK's own chain, at the first event.
    pub async fn new(arn: String, region: String, endpoint_url: Option<String>) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region))
            // The courier tries again, and knows when.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(LIMIT).build());
        if let Some(url) = endpoint_url {
            loader = loader.endpoint_url(url);
        }
        Self { client: Client::new(&loader.load().await), arn }
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
            message.message_group_id(&event.subject).message_deduplication_id(&event.id)
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
        match self.publish(event) {
            Ok(message) => message.send().await.map_or_else(judge, |_| Verdict::Taken),
            Err(_) => Verdict::Refused("the message can't be built".to_owned()),
        }
    }
}

/// What a failure means. SNS's own sentences may repeat what it was sent, so only its code is told.
fn judge(error: SdkError<PublishError, HttpResponse>) -> Verdict {
    let Some(refusal) = error.as_service_error() else {
        return Verdict::Later("no connection, or no answer in time".to_owned(), None);
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
