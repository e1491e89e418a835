//! The account: who may call, what it owns, and how AWS treats it.

use std::time::Duration;

/// An AWS account with one linked WhatsApp business account (the one of
/// [`MetaAccount`](crate::simulator::MetaAccount)), one number for text messages, and three topics.
#[derive(Clone)]
pub struct AwsAccount {
    pub region: String,
    /// Twelve digits.
    pub account_id: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// `phone-number-id-` and an id: the sender on WhatsApp.
    pub phone_number_id: String,
    /// `waba-` and an id.
    pub waba_id: String,
    /// The Graph versions that AWS passes messages on to.
    pub meta_versions: Vec<String>,
    /// How long Meta takes to approve a template.
    pub template_review: Duration,
    /// What text messages may come from: numbers in E.164, pools (`pool-…`), sender ids. The first number
    /// is taken where a request names none.
    pub origination_identities: Vec<String>,
    pub configuration_set: String,
    /// Whether that set asks for feedback on messages that don't say so themselves.
    pub feedback_by_default: bool,
    pub protect_configuration: String,
    /// A new account: only verified numbers get text messages, and none is verified.
    pub sandbox: bool,
    /// USD for one part of a text message.
    pub price_per_part: f64,
    /// Where events of the WhatsApp business account go.
    pub whatsapp_topic: String,
    /// Where events of the configuration set go.
    pub sms_topic: String,
    /// A topic to publish to.
    pub events_topic: String,
    /// `SignatureVersion` of every topic: "1" or "2".
    pub signature_version: String,
    /// Whether each WhatsApp receipt also goes to its topic as an event of EventBridge.
    pub event_bridge: bool,
}

impl AwsAccount {
    /// The ARN of something that this account owns.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account_id)
    }

    pub(super) fn phone_arn(&self) -> String {
        let id = self.phone_number_id.trim_start_matches("phone-number-id-");
        self.arn("social-messaging", &format!("phone-number-id/{id}"))
    }

    pub(super) fn waba_arn(&self) -> String {
        let id = self.waba_id.trim_start_matches("waba-");
        self.arn("social-messaging", &format!("waba/{id}"))
    }

    pub(super) fn owns_topic(&self, arn: &str) -> bool {
        [&self.whatsapp_topic, &self.sms_topic, &self.events_topic].iter().any(|own| *own == arn)
    }
}

impl Default for AwsAccount {
    fn default() -> Self {
        let topic = |name: &str| format!("arn:aws:sns:us-east-1:123456789012:{name}");
        Self {
            region: "us-east-1".into(),
            account_id: "123456789012".into(),
            access_key_id: "AKIASIMULATED0000000".into(),
            secret_access_key: "simulated-secret-access-key".into(),
            phone_number_id: "phone-number-id-976c72a700aac43eaf573ae050e00000".into(),
            waba_id: "waba-fb2594b8a7974770b128a409e2e00000".into(),
            meta_versions: ["v20.0", "v21.0", "v22.0", "v23.0", "v24.0", "v25.0"]
                .map(String::from)
                .into(),
            template_review: Duration::from_secs(2),
            origination_identities: vec!["+12065550152".into()],
            configuration_set: "pombo".into(),
            feedback_by_default: false,
            protect_configuration: "protect-0123456789abcdef0123456789abcdef".into(),
            sandbox: false,
            price_per_part: 0.00581,
            whatsapp_topic: topic("pombo-whatsapp"),
            sms_topic: topic("pombo-sms"),
            events_topic: topic("pombo-events"),
            signature_version: "2".into(),
            event_bridge: false,
        }
    }
}
