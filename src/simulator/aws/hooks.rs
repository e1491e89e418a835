//! What a test, or `pombo dev`, does to AWS and asks of it.

use super::{
    Aws,
    sms::Feedback,
    sns::{Forgery, Published},
};

/// Where the service under test takes notifications.
const PATH: &str = "/webhooks/sns";

impl Aws {
    /// The base URL of every service, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url().to_owned()
    }

    /// How the addresses of SNS's certificates begin here.
    #[must_use]
    pub fn certificate_url_prefix(&self) -> String {
        format!("{}/SimpleNotificationService-", self.0.url())
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.0.sns.key().pem().to_owned()
    }

    /// Subscribes the webhook to the topics of WhatsApp and of text messages: it is asked to confirm
    /// each. This returns after the first attempt; without an address of the webhook it does nothing.
    pub async fn subscribe(&self) {
        let account = self.0.account();
        if let Some(webhook) = self.webhook() {
            self.subscribe_to(&account.whatsapp_topic, &webhook).await;
            self.subscribe_to(&account.sms_topic, &webhook).await;
        }
    }

    /// Subscribes an address of this machine to a topic; it must confirm, like any.
    pub async fn subscribe_to(&self, topic: &str, endpoint: &str) {
        self.0.key_made().await;
        self.0.subscribe(topic, endpoint).await;
    }

    /// Whether a subscription to this topic has been confirmed.
    #[must_use]
    pub fn confirmed(&self, topic: &str) -> bool {
        self.0.sns.confirmed(topic)
    }

    /// Resolves once a subscription to this topic has been confirmed.
    pub async fn wait_until_confirmed(&self, topic: &str) {
        self.0.sns.wait_until(|| self.confirmed(topic)).await;
    }

    /// Tells a topic's subscribers something, as AWS would. It returns after the first attempts.
    pub async fn notify(&self, topic: &str, message: &str) {
        self.0.notify(topic, message.to_owned()).await;
    }

    /// Calls the webhook once with a notification that is wrong in one way, confirmed or not, and tells
    /// what it answered; `None` if it did not.
    pub async fn forge(&self, topic: &str, message: &str, forgery: &Forgery) -> Option<u16> {
        self.0.key_made().await;
        self.0.forge(&self.webhook()?, topic, message, forgery).await
    }

    /// Calls the webhook once with a well signed question whose `SubscribeURL` is this one, wherever it
    /// leads and whoever's the topic is, and tells what it answered.
    pub async fn ask_to_visit(&self, topic: &str, url: &str) -> Option<u16> {
        self.0.key_made().await;
        self.0.ask_to_visit(&self.webhook()?, topic, url).await
    }

    /// What was published to this topic, oldest first.
    #[must_use]
    pub fn published(&self, topic: &str) -> Vec<Published> {
        self.0.sns.published(topic)
    }

    /// Resolves with what was published to this topic once it is at least `n`.
    pub async fn wait_for_published(&self, topic: &str, n: usize) -> Vec<Published> {
        self.0.sns.wait_until(|| self.published(topic).len() >= n).await;
        self.published(topic)
    }

    /// What the sender told of each text message to this number, oldest first.
    #[must_use]
    pub fn feedback(&self, to: &str) -> Vec<Option<Feedback>> {
        self.0.texts.feedback(to)
    }

    /// Resolves with the first feedback on a text message to this number.
    pub async fn wait_for_feedback(&self, to: &str) -> Feedback {
        self.0.texts.wait_for_feedback(to).await
    }

    fn webhook(&self) -> Option<String> {
        Some(format!("{}{PATH}", self.0.world.webhook_base()?))
    }
}
