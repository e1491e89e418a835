//! Calls of subscribers, made again by SNS's rule: only an answer outside 200 to 499, or none, is a
//! failed attempt. What a subscriber refuses is gone.

use std::{sync::Arc, time::Duration};

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::notification::Fields;
use crate::simulator::world::World;

/// SNS's default policy.
const RETRIES: u32 = 3;
/// The gap between attempts, counted in the world's own: twenty seconds at its usual pace.
const GAPS: u32 = 20;
/// Who has not answered by then has not answered.
const PATIENCE: Duration = Duration::from_secs(15);

/// A call, ready to be made as often as it takes.
pub(super) struct Call {
    pub endpoint: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Call {
    pub fn new(endpoint: &str, subscription: Option<&str>, fields: Fields) -> Self {
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        let mut headers = vec![
            ("x-amz-sns-message-type", text("Type")),
            ("x-amz-sns-message-id", text("MessageId")),
            ("x-amz-sns-topic-arn", text("TopicArn")),
        ];
        headers.extend(subscription.map(|arn| ("x-amz-sns-subscription-arn", arn.to_owned())));
        let body = Value::Object(fields).to_string();
        Self { endpoint: endpoint.to_owned(), headers, body }
    }

    /// The status that the subscriber answered, if it did.
    pub async fn make(&self, world: &World) -> Option<u16> {
        let mut call = world.caller.post(&self.endpoint)?.timeout(PATIENCE);
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        let call = call.header(CONTENT_TYPE, "text/plain; charset=UTF-8");
        let answer = call.body(self.body.clone()).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    async fn is_done(&self, world: &World) -> bool {
        self.make(world).await.is_some_and(|status| (200..500).contains(&status))
    }
}

/// Returns after the first attempt; if that fails, the retries go on by themselves.
pub(super) async fn post(
    world: &Arc<World>,
    endpoint: &str,
    subscription: Option<&str>,
    fields: Fields,
) {
    let call = Call::new(endpoint, subscription, fields);
    if !call.is_done(world).await {
        let later = Arc::clone(world);
        world.spawn(async move { retry(&later, &call).await });
    }
}

async fn retry(world: &World, call: &Call) {
    for _ in 0..RETRIES {
        tokio::time::sleep(world.settings.pace.retry * GAPS).await;
        if call.is_done(world).await {
            return;
        }
    }
    tracing::warn!("a notification of SNS was never taken, and is dropped");
}
