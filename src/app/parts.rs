//! What the configuration says, put into what each room takes: the store, the senders, the edges.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;

#[cfg(feature = "aws")]
use crate::outwards::topic::Topic;
use crate::{
    config::{self, Config, TwilioSender},
    delivery::{
        Messenger,
        sms::{
            TextSettings, Texts,
            twilio::{Sender, Twilio, TwilioSettings},
        },
        whatsapp::{
            cloud::{Cloud, CloudSettings},
            template::Template,
        },
    },
    grpc::{Caller, Callers},
    http::webhooks::{self, Meta, TwilioAccount, Webhooks},
    insight::observed::Observed,
    outwards::{Courier, Sink, https::Https},
    service::{
        Service, SharedLimits,
        numbers::{Numbers, TestNumber},
    },
    store::{self, Store, Visit},
};

/// Opens the configured store, observed.
pub(super) async fn open_store(config: &Config, visit: Visit) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(Observed::new(store::open(store_settings(config, visit)).await?)))
}

/// What the configured store is opened with.
pub(super) fn store_settings(config: &Config, visit: Visit) -> store::Settings {
    store::Settings {
        url: config.store.url.expose().to_owned(),
        partitions: config.store.partitions.into(),
        index_fingerprint: config.keys.index_key().fingerprint(),
        visit,
    }
}

/// Who may be sent to.
pub(super) fn numbers(config: &Config) -> Numbers {
    let tests = config.test_numbers.iter().map(|test| {
        let number = TestNumber { code: test.code.clone(), until: test.until };
        (test.number.e164().to_owned(), number)
    });
    Numbers { countries: config.allowed_countries.clone(), tests: tests.collect() }
}

/// Limits that many recipients share.
pub(super) fn shared_limits(config: &Config) -> SharedLimits {
    let config::SharedLimits { subject, client_ip, caller } = config.limits.clone();
    SharedLimits { subject, client_ip, caller }
}

/// Who may call.
pub(super) fn callers(config: &Config) -> Callers {
    let callers = config.callers.iter().map(|caller| Caller {
        name: caller.name.clone(),
        api_key_sha256: caller.api_key.0,
        purposes: Some(caller.purposes.iter().copied().collect()),
    });
    Callers(callers.collect())
}

/// The senders, one for each channel that has one.
pub(super) fn messengers(
    config: &Config,
    public_url: &str,
) -> anyhow::Result<Vec<Arc<dyn Messenger>>> {
    let mut messengers: Vec<Arc<dyn Messenger>> = Vec::new();
    if let Some(whatsapp) = &config.whatsapp {
        messengers.push(Arc::new(cloud(whatsapp)?));
    }
    if let Some(sms) = &config.sms {
        messengers.push(Arc::new(twilio(sms, public_url)?));
    }
    Ok(messengers)
}

fn cloud(whatsapp: &config::Whatsapp) -> anyhow::Result<Cloud> {
    let config::Whatsapp { cloud, template } = whatsapp;
    let settings = CloudSettings {
        base_url: cloud.base_url.as_str().to_owned(),
        api_version: cloud.api_version.clone(),
        phone_number_id: cloud.phone_number_id.clone(),
        access_token: cloud.access_token.clone(),
        template: Template {
            name: template.name.clone(),
            language: template.language.clone(),
            languages: template.languages.clone(),
        },
        rate: cloud.rate,
    };
    Cloud::new(settings).context("whatsapp.cloud")
}

fn twilio(sms: &config::Sms, public_url: &str) -> anyhow::Result<Twilio> {
    let config::Sms { twilio, text } = sms;
    let texts = Texts::new(TextSettings {
        brand: text.brand.clone(),
        text: text.text.clone(),
        texts: text.texts.clone(),
        transaction_text: text.transaction_text.clone(),
        transaction_texts: text.transaction_texts.clone(),
        web_otp_host: text.web_otp_host.clone(),
        android_hash: text.android_hash.clone(),
    });
    let settings = TwilioSettings {
        base_url: twilio.base_url.as_str().to_owned(),
        account_sid: twilio.account_sid.clone(),
        auth_token: twilio.auth_token.clone(),
        from: match &twilio.sender {
            TwilioSender::From(from) => Sender::Number(from.clone()),
            TwilioSender::MessagingService(sid) => Sender::MessagingService(sid.clone()),
        },
        public_url: public_url.to_owned(),
        texts: texts.map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(|fault| format!("sms.{fault}")).collect();
            anyhow!(faults.join("; "))
        })?,
        rate: twilio.rate,
    };
    Twilio::new(settings).context("sms.twilio")
}

/// The routes of the providers that send.
pub(super) fn webhooks(config: &Config, service: &Arc<Service>, public_url: String) -> Router {
    let meta = config.whatsapp.as_ref().map(|whatsapp| Meta {
        app_secret: whatsapp.cloud.app_secret.clone(),
        verify_token: whatsapp.cloud.verify_token.clone(),
        template: whatsapp.template.name.clone(),
    });
    let twilio = config
        .sms
        .as_ref()
        .map(|sms| TwilioAccount { auth_token: sms.twilio.auth_token.clone(), public_url });
    webhooks::router(service, Webhooks { meta, twilio, sns: None })
}

/// Couriers to whoever is told of events. What names this service to them is its public address.
pub(super) async fn couriers(
    config: &Config,
    store: &Arc<dyn Store>,
    public_url: &str,
) -> anyhow::Result<Vec<Arc<Courier>>> {
    let source = if public_url.is_empty() { "urn:pombo" } else { public_url };
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if let Some(config::EventsEndpoint { url, secrets }) = config.events.endpoint.clone() {
        sinks.push(Box::new(Https::new(&url, secrets).context("events.url")?));
    }
    #[cfg(feature = "aws")]
    if let Some(topic) = config.events.topic.clone() {
        let endpoint_url = topic.endpoint_url.map(|url| url.to_string());
        sinks.push(Box::new(Topic::new(topic.arn, topic.region, endpoint_url).await));
    }
    let courier = |sink| {
        let (store, index) = (Arc::clone(store), config.keys.index_key());
        Courier::new(store, sink, source.to_owned(), index)
    };
    Ok(sinks.into_iter().map(courier).collect())
}
