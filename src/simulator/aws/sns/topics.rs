//! Subscriptions to topics. Nothing goes to one that nobody confirmed.

use std::{collections::BTreeMap, sync::PoisonError};

use super::{
    Cloud, Fault, Form, Sns, deliver, ids, invalid, no_topic,
    notification::{Notification, confirmation},
};

/// An address that gets a topic's notifications, once it has confirmed that it wants them.
#[derive(Clone)]
pub(in crate::simulator::aws) struct Subscription {
    topic: String,
    pub endpoint: String,
    pub arn: String,
    token: String,
    confirmed: bool,
}

impl Sns {
    /// Whether any subscription to this topic is confirmed.
    pub fn confirmed(&self, topic: &str) -> bool {
        !self.listeners(topic).is_empty()
    }

    fn listeners(&self, topic: &str) -> Vec<Subscription> {
        let list = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().filter(|s| s.topic == topic && s.confirmed).cloned().collect()
    }

    /// A subscription that is not confirmed yet, with a fresh token; none if it is.
    fn ask(&self, topic: &str, endpoint: &str) -> Option<Subscription> {
        let mut list = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |s: &Subscription| s.topic == topic && s.endpoint == endpoint;
        if list.iter().any(|s| same(s) && s.confirmed) {
            return None;
        }
        list.retain(|s| !same(s));
        let subscription = Subscription {
            topic: topic.to_owned(),
            endpoint: endpoint.to_owned(),
            arn: format!("{topic}:{}", ids::uuid()),
            token: [ids::hex(32), ids::hex(32)].concat(),
            confirmed: false,
        };
        list.push(subscription.clone());
        Some(subscription)
    }
}

impl Cloud {
    /// Asks an address whether it wants a topic's notifications. It returns after the first attempt.
    pub(in crate::simulator::aws) async fn subscribe(&self, topic: &str, endpoint: &str) {
        if let Some(subscription) = self.sns.ask(topic, endpoint) {
            let token = &subscription.token;
            let action = "Action=ConfirmSubscription";
            let url = format!("{}/?{action}&TopicArn={topic}&Token={token}", self.url());
            let fields = confirmation(self, topic, token, &url);
            deliver::post(&self.world, endpoint, None, fields).await;
        }
    }

    /// Tells everybody who confirmed a subscription to this topic.
    pub(in crate::simulator::aws) async fn notify(&self, topic: &str, message: String) {
        let (subject, attributes) = (None, BTreeMap::new());
        let id = ids::uuid();
        self.tell(Notification { id, topic: topic.to_owned(), subject, message, attributes }).await;
    }

    pub(super) async fn tell(&self, notification: Notification) {
        for Subscription { endpoint, arn, .. } in self.sns.listeners(&notification.topic) {
            let fields = notification.signed(self, &arn);
            deliver::post(&self.world, &endpoint, Some(&arn), fields).await;
        }
    }
}

/// The result of `GetTopicAttributes`, in XML: those that every standard topic has, without its policies.
pub(in crate::simulator::aws) fn attributes(cloud: &Cloud, form: &Form) -> Result<String, Fault> {
    let topic = form.get("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    if topic.split(':').count() < 6 {
        return Err(invalid("TopicArn Reason: An ARN must have at least 6 elements"));
    }
    if !cloud.account().owns_topic(topic) {
        return Err(no_topic());
    }
    let list = cloud.sns.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
    let subscribed = |confirmed| {
        list.iter().filter(|s| s.topic == topic && s.confirmed == confirmed).count().to_string()
    };
    let account = cloud.account();
    let attributes = [
        ("TopicArn", topic.to_owned()),
        ("Owner", account.account_id.clone()),
        ("DisplayName", String::new()),
        ("SubscriptionsConfirmed", subscribed(true)),
        ("SubscriptionsPending", subscribed(false)),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("SignatureVersion", account.signature_version.clone()),
    ];
    let entry = |(key, value)| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    Ok(format!("<Attributes>{}</Attributes>", attributes.map(entry).concat()))
}

/// The result of `ConfirmSubscription`, in XML.
pub(in crate::simulator::aws) fn confirm(cloud: &Cloud, form: &Form) -> Result<String, Fault> {
    let topic = form.get("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let token = form.get("Token").ok_or_else(|| invalid("Token"))?;
    if !cloud.account().owns_topic(topic) {
        return Err(no_topic());
    }
    let mut list = cloud.sns.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
    let found = list.iter_mut().find(|s| s.topic == topic && s.token == token);
    let subscription = found.ok_or_else(|| invalid("Token"))?;
    subscription.confirmed = true;
    let arn = subscription.arn.clone();
    drop(list);
    cloud.sns.change();
    Ok(format!("<SubscriptionArn>{arn}</SubscriptionArn>"))
}
