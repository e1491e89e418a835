//! The world around `pombo serve`: simulated providers in the test's own process, and the
//! configuration that leads to them.

use pombo::simulator::{self, Settings, Simulator};

use super::pombo::Pombo;

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
        let simulator = simulator::start(settings).await.unwrap();
        let (meta_url, twilio_url) = (simulator.meta_url(), simulator.twilio_url());
        let port = free_port();
        let webhooks = format!("127.0.0.1:{port}");
        let public_url = format!("http://{webhooks}");
        simulator.set_webhook_base(&*public_url);
        let mut environment: Vec<(String, String)> = [
            ("STORE__URL", store_url),
            ("SERVER__WEBHOOK_ADDR", &webhooks),
            ("SERVER__PUBLIC_URL", &public_url),
            ("KEYS__RING", "k1:cmluZyBrZXkgZm9yIHRlc3RzLCBub3QgYSBzZWNyZXQ="),
            ("KEYS__INDEX", "aW5kZXgga2V5IGZvciB0ZXN0cywgbm8gc2VjcmV0ISE="),
            ("LIMITS__ALLOWED_COUNTRIES", "[\"*\"]"),
            ("WHATSAPP__CLOUD__BASE_URL", &meta_url),
            ("WHATSAPP__CLOUD__API_VERSION", &meta.api_version),
            ("WHATSAPP__CLOUD__PHONE_NUMBER_ID", &meta.phone_number_id),
            ("WHATSAPP__CLOUD__ACCESS_TOKEN", &meta.access_token),
            ("WHATSAPP__CLOUD__APP_SECRET", &meta.app_secret),
            ("WHATSAPP__CLOUD__VERIFY_TOKEN", &meta.verify_token),
            ("WHATSAPP__TEMPLATE__NAME", &meta.template),
            ("SMS__TWILIO__BASE_URL", &twilio_url),
            ("SMS__TWILIO__ACCOUNT_SID", &twilio.account_sid),
            ("SMS__TWILIO__AUTH_TOKEN", &twilio.auth_token),
            ("SMS__TWILIO__FROM", &twilio.numbers[0]),
        ]
        .into_iter()
        .map(|(key, value)| (format!("POMBO_{key}"), value.to_owned()))
        .collect();
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

    /// One more `pombo serve` on the same store, which hears no webhooks.
    pub async fn serve_another(&self) -> Pombo {
        let elsewhere = [("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0")];
        Pombo::serve(&[&self.environment()[..], &elsewhere].concat()).await
    }

    /// The configuration that leads here, as the environment says it.
    pub fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
    }
}

/// A port that was free a moment ago. Providers must know where to call before `pombo` starts.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
