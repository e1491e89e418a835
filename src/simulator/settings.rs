//! What the stand-ins know of the account that sends, and at which pace they live.
//!
//! The defaults are made up but well formed; every secret in them is public.

use std::time::Duration;

pub use super::aws::AwsAccount;

/// The accounts, where webhooks of Meta and AWS go, and the pace.
#[derive(Clone, Default)]
pub struct Settings {
    /// Base URL of the webhook listener, e.g. `http://127.0.0.1:8080`. Empty: no webhook is sent yet.
    pub webhook_base: String,
    pub meta: MetaAccount,
    pub twilio: TwilioAccount,
    pub aws: AwsAccount,
    pub pace: Pace,
}

/// A WhatsApp business account with one phone number and, at first, one authentication template.
#[derive(Clone)]
pub struct MetaAccount {
    /// The Graph version in the path, e.g. `v25.0`.
    pub api_version: String,
    pub phone_number_id: String,
    /// The WhatsApp Business Account id, which heads each webhook entry.
    pub business_account_id: String,
    pub access_token: String,
    /// What the token may do: `whatsapp_business_messaging` to send, `whatsapp_business_management` to
    /// look after templates and the number.
    pub permissions: Vec<String>,
    /// Key of `X-Hub-Signature-256`.
    pub app_secret: String,
    /// What `hub.verify_token` carries in the handshake.
    pub verify_token: String,
    /// The template that is approved from the start.
    pub template: String,
    /// Language codes in which it is, as Meta spells them (`pt_BR`).
    pub languages: Vec<String>,
    /// The sender's own number, digits only.
    pub display_number: String,
    pub phone: MetaPhone,
    pub limits: MetaLimits,
    /// Whether people go by user names: then a status carries `recipient_user_id`, and no number.
    pub user_names: bool,
}

/// What Meta tells of the sender's number; each word as Graph spells it.
#[derive(Clone)]
pub struct MetaPhone {
    pub verified_name: String,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality_rating: String,
    /// `CONNECTED`, `PENDING`, `FLAGGED`, `RESTRICTED`, `BANNED`, …
    pub status: String,
    /// `VERIFIED`, `NOT_VERIFIED` or `EXPIRED`.
    pub code_verification_status: String,
    /// `APPROVED`, `PENDING_REVIEW`, `DECLINED`, …
    pub name_status: String,
}

/// How fast a business may send, by the rules of the Cloud API.
#[derive(Clone, Copy)]
pub struct MetaLimits {
    /// Messages accepted in any second, over all recipients.
    pub per_second: usize,
    /// The gap at which one recipient may be written to for ever.
    pub pair_gap: Duration,
    /// Messages that one recipient may get at once, borrowed from the future.
    pub pair_burst: u32,
}

/// A Twilio account, its numbers and its one Messaging Service.
#[derive(Clone)]
pub struct TwilioAccount {
    pub account_sid: String,
    pub auth_token: String,
    /// The numbers that the account owns, in E.164; the first also answers for the service.
    pub numbers: Vec<String>,
    pub messaging_service_sid: Option<String>,
    pub friendly_name: String,
    /// `active`, `suspended` or `closed`; only an active account sends.
    pub status: String,
}

/// How time passes for the people and networks behind the stand-ins.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Gap between one receipt and the next.
    pub receipt: Duration,
    /// How late a late message is.
    pub late: Duration,
    /// Gap before the second retry of a webhook of Meta's (the first comes at once); it doubles from
    /// there. One of SNS is retried at twenty times this gap.
    pub retry: Duration,
    /// How long Meta takes to review a template.
    pub review: Duration,
}

impl Default for MetaAccount {
    fn default() -> Self {
        Self {
            api_version: "v25.0".into(),
            phone_number_id: "106540352242922".into(),
            business_account_id: "102290129340398".into(),
            access_token: "simulated-access-token".into(),
            permissions: ["whatsapp_business_management", "whatsapp_business_messaging"]
                .map(String::from)
                .into(),
            app_secret: "simulated-app-secret".into(),
            verify_token: "simulated-verify-token".into(),
            template: "verification_code".into(),
            languages: ["pt_BR", "en_US", "es", "es_MX"].map(String::from).into(),
            display_number: "15550783881".into(),
            phone: MetaPhone::default(),
            limits: MetaLimits::default(),
            user_names: false,
        }
    }
}

impl Default for MetaPhone {
    fn default() -> Self {
        Self {
            verified_name: "Pombo".into(),
            quality_rating: "GREEN".into(),
            status: "CONNECTED".into(),
            code_verification_status: "VERIFIED".into(),
            name_status: "APPROVED".into(),
        }
    }
}

impl Default for MetaLimits {
    fn default() -> Self {
        Self { per_second: 80, pair_gap: Duration::from_secs(6), pair_burst: 45 }
    }
}

impl Default for TwilioAccount {
    fn default() -> Self {
        Self {
            account_sid: "AC00000000000000000000000000000000".into(),
            auth_token: "simulated-auth-token".into(),
            numbers: vec!["+15017250604".into()],
            messaging_service_sid: Some("MG00000000000000000000000000000000".into()),
            friendly_name: "Pombo".into(),
            status: "active".into(),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            receipt: Duration::from_millis(150),
            late: Duration::from_secs(25),
            retry: Duration::from_secs(1),
            review: Duration::from_secs(2),
        }
    }
}
