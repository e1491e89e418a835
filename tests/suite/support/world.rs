//! The world around `pombo serve`: simulated providers in the test's own process, and the
//! configuration that leads to them.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use pombo::simulator::{self, Channel, Delivered, Pace, Settings, Simulator};
use tokio::time::timeout;

use super::pombo::{PATIENCE, Pombo};

/// The keys of every world: no secrets, but made as such are.
pub const RING: &str = "k1:ODk15VQz/04ej6HOGzFU55vr6NDHwTNYSOsavq9FCPc=";
pub const INDEX: &str = "m10BKRMBZfP7IUEsBDLexdNL7FyuxlIbgCT8SBnL7Sg=";

/// A fallback wait that a test can live with; the world of [`brisk`] settings fits it.
pub const SOON: (&str, &str) = ("DELIVERY__UNDELIVERED", "1s");

/// Providers and people in a hurry: a late message is three seconds late.
pub fn brisk() -> Settings {
    let pace = Pace {
        receipt: Duration::from_millis(20),
        late: Duration::from_secs(3),
        retry: Duration::from_millis(200),
        ..Pace::default()
    };
    Settings { pace, ..Settings::default() }
}

/// Providers that outlive any one `pombo serve`.
pub struct World {
    pub simulator: Simulator,
    environment: Vec<(String, String)>,
}

impl World {
    /// Providers, and a service to be kept in this store. `more` adds to the configuration or
    /// replaces what stands in it.
    pub async fn new(store_url: &str, settings: Settings, more: &[(&str, &str)]) -> Self {
        let (meta, twilio) = (settings.meta.clone(), settings.twilio.clone());
        let aws = settings.aws.clone();
        let simulator = simulator::start(settings).await.unwrap();
        let (meta_url, twilio_url) = (simulator.meta_url(), simulator.twilio_url());
        let (aws_url, certificates) =
            (simulator.aws_url(), simulator.aws().certificate_url_prefix());
        let port = free_port();
        let webhooks = format!("127.0.0.1:{port}");
        let public_url = format!("http://{webhooks}");
        simulator.set_webhook_base(&*public_url);
        let mut environment: Vec<(String, String)> = [
            ("STORE__URL", store_url),
            ("SERVER__WEBHOOK_ADDR", &webhooks),
            ("SERVER__PUBLIC_URL", &public_url),
            ("KEYS__RING", RING),
            ("KEYS__INDEX", INDEX),
            ("LIMITS__ALLOWED_COUNTRIES", "[\"*\"]"),
            ("WHATSAPP__CLOUD__BASE_URL", &meta_url),
            ("WHATSAPP__CLOUD__API_VERSION", &meta.api_version),
            ("WHATSAPP__CLOUD__PHONE_NUMBER_ID", &meta.phone_number_id),
            ("WHATSAPP__CLOUD__BUSINESS_ACCOUNT_ID", &meta.business_account_id),
            ("WHATSAPP__CLOUD__ACCESS_TOKEN", &meta.access_token),
            ("WHATSAPP__CLOUD__APP_SECRET", &meta.app_secret),
            ("WHATSAPP__CLOUD__VERIFY_TOKEN", &meta.verify_token),
            ("WHATSAPP__TEMPLATE__NAME", &meta.template),
            ("SMS__TWILIO__BASE_URL", &twilio_url),
            ("SMS__TWILIO__ACCOUNT_SID", &twilio.account_sid),
            ("SMS__TWILIO__AUTH_TOKEN", &twilio.auth_token),
            ("SMS__TWILIO__FROM", &twilio.numbers[0]),
            ("WHATSAPP__AWS__REGION", &aws.region),
            ("WHATSAPP__AWS__ENDPOINT_URL", &aws_url),
            ("WHATSAPP__AWS__PHONE_NUMBER_ID", &aws.phone_number_id),
            ("WHATSAPP__AWS__TOPIC_ARN", &aws.whatsapp_topic),
            ("SMS__AWS__REGION", &aws.region),
            ("SMS__AWS__ENDPOINT_URL", &aws_url),
            ("SMS__AWS__ORIGINATION_IDENTITY", &aws.origination_identities[0]),
            ("SMS__AWS__CONFIGURATION_SET", &aws.configuration_set),
            ("SMS__AWS__PROTECT_CONFIGURATION", &aws.protect_configuration),
            ("SMS__AWS__TOPIC_ARN", &aws.sms_topic),
            ("SNS__CERTIFICATE_URL_PREFIX", &certificates),
        ]
        .into_iter()
        .map(|(key, value)| (format!("POMBO_{key}"), value.to_owned()))
        .collect();
        let credentials = [
            ("AWS_ACCESS_KEY_ID", aws.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", aws.secret_access_key),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        environment.extend(credentials.map(|(key, value)| (key.to_owned(), value)));
        for (key, value) in more {
            let key = format!("POMBO_{key}");
            environment.retain(|(known, _)| *known != key);
            environment.push((key, (*value).to_owned()));
        }
        Self { simulator, environment }
    }

    /// A `pombo serve` in this world.
    pub async fn serve(&self) -> Pombo {
        Pombo::serve(&self.environment()).await
    }

    /// One whose log tells faults only: for floods, of which each refusal is a line.
    pub async fn serve_with_a_quiet_log(&self) -> Pombo {
        let mut environment = self.environment();
        environment.push(("RUST_LOG", "error,pombo::cli::serve=info"));
        Pombo::serve_with(&[], &environment).await
    }

    /// A `pombo serve` that hears of AWS's messages: whatever topic is its own is subscribed, and that is
    /// confirmed.
    pub async fn serve_by_aws(&self) -> Pombo {
        let pombo = self.serve().await;
        let (aws, account) = (self.simulator.aws(), self.simulator.aws_account());
        aws.subscribe().await;
        let says = |key: &str| {
            self.environment.iter().any(|(known, by)| known == key && by.contains("aws"))
        };
        let topics = [
            ("POMBO_WHATSAPP__PROVIDER", &account.whatsapp_topic),
            ("POMBO_SMS__PROVIDER", &account.sms_topic),
        ];
        for (_, topic) in topics.into_iter().filter(|(key, _)| says(key)) {
            timeout(PATIENCE, aws.wait_until_confirmed(topic)).await.expect("a confirmation");
        }
        pombo
    }

    /// One more `pombo serve` beside the first, whose receipts it sees in the store only.
    pub async fn serve_another(&self) -> Pombo {
        self.serve_under(&[("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0")]).await
    }

    /// A `pombo serve` under these more variables of the environment.
    pub async fn serve_under(&self, more: &[(&str, &str)]) -> Pombo {
        Pombo::serve(&[&self.environment()[..], more].concat()).await
    }

    /// Leaves a key out of the configuration.
    pub fn unset(&mut self, key: &str) {
        let key = format!("POMBO_{key}");
        self.environment.retain(|(known, _)| *known != key);
    }

    /// The configuration that leads here, as the environment says it.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
    }

    /// The `n`-th message (from 1) that reached a number by a channel, waited for.
    pub async fn message(&self, to: &str, channel: Channel, n: usize) -> Delivered {
        let inbox = self.simulator.inbox();
        let found = async {
            for seen in 1.. {
                let mut messages = inbox.wait_for(to, seen).await;
                messages.retain(|message| message.channel == channel);
                if let Some(message) = messages.get(n - 1) {
                    return message.clone();
                }
            }
            unreachable!()
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("message {n} by {channel:?} did not come"))
    }

    /// Waits until the `n`-th request to send to a number by a channel has come.
    pub async fn request(&self, to: &str, channel: Channel, n: usize) {
        let came = timeout(PATIENCE, self.simulator.wait_for_requests(to, channel, n)).await;
        came.unwrap_or_else(|_| panic!("request {n} by {channel:?} did not come"));
    }

    /// How many messages reached a number by WhatsApp and by SMS so far.
    pub fn arrived(&self, to: &str) -> (usize, usize) {
        let messages = self.simulator.inbox().messages(Some(to));
        let by = |channel| messages.iter().filter(|message| message.channel == channel).count();
        (by(Channel::WhatsApp), by(Channel::Sms))
    }

    /// How many requests to send to a number came by WhatsApp and by SMS so far.
    pub fn asked(&self, to: &str) -> (usize, usize) {
        let by = |channel| self.simulator.requests(to, channel);
        (by(Channel::WhatsApp), by(Channel::Sms))
    }
}

/// A port that was free a moment ago, of those that no connection is given by itself (they come from
/// 32 768 on). Providers must know where to call before `pombo` starts.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests run side by side, each in a process of its own: each begins elsewhere.
    let first = std::process::id().wrapping_mul(997);
    loop {
        let next = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + (next % 20_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A Brazilian mobile number of this index, with the last two digits that say how it behaves.
pub fn number(index: u32, digits: &str) -> String {
    format!("+55119{index:06}{digits}")
}
