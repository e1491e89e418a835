//! What the configuration says, put into what each room takes: the store, the senders, the edges.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use secrecy::{ExposeSecret, SecretString};

#[cfg(feature = "aws")]
use crate::{
    config::Origin,
    delivery::aws::Access,
    outwards::{sink, topic::Topic},
};
use crate::{
    config::{self, Config},
    delivery::{sns::Certificates, whatsapp::notices::Ours},
    doors::TokenHash,
    grpc::{Caller, Callers, Proof, San, Tls, TlsFiles},
    http::webhooks::{self, Meta, Sns, TwilioAccount, Webhooks},
    insight::observed::Observed,
    otp::attestation::Issuer,
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
        wait_replicas: config.store.wait_replicas,
        certificates: store::Certificates {
            authority: config.store.ca.as_ref().map(bytes),
            client: config.store.client.as_ref().map(|(it, key)| (bytes(it), bytes(key))),
        },
        visit,
    }
}

fn bytes(pem: &SecretString) -> Vec<u8> {
    pem.expose_secret().as_bytes().to_vec()
}

/// Whose numbers may be asked for.
pub(super) fn numbers(config: &Config) -> Numbers {
    let tests = config.test_numbers.iter().map(|test| {
        let number = TestNumber { code: test.code.clone(), until: test.until };
        (test.number.e164().to_owned(), number)
    });
    Numbers { countries: config.allowed_countries.clone(), tests: tests.collect() }
}

/// Limits that many recipients share.
pub(super) fn shared_limits(config: &Config) -> SharedLimits {
    let config::SharedLimits { subject, client_ip, caller, observed } = config.limits.clone();
    let quotas = config.callers.iter();
    let quotas = quotas.filter_map(|it| Some((it.name.clone(), it.quota.clone()?)));
    SharedLimits { subject, client_ip, caller, observed, quotas: quotas.collect() }
}

/// Who may call.
pub(super) fn callers(config: &Config) -> Callers {
    let callers = config.callers.iter().map(|caller| Caller {
        name: caller.name.clone(),
        proof: match &caller.proof {
            config::Proof::ApiKey(hash) => Proof::ApiKey(TokenHash::known(hash.0)),
            config::Proof::MtlsSan(san) => Proof::MtlsSan(San::of(san)),
        },
        purposes: Some(caller.purposes.iter().copied().collect()),
    });
    callers.collect()
}

/// TLS for these callers, if it is configured.
pub(super) fn tls(config: &Config, callers: &Callers) -> anyhow::Result<Option<Tls>> {
    let files = config.server.tls.clone().map(|files| TlsFiles {
        cert: files.cert,
        key: files.key,
        client_ca: files.client_ca,
        lets_in_without: callers.have_keys(),
    });
    files.map(Tls::load).transpose()
}

/// What operators show at the admin listener.
pub(super) fn admin_token(config: &Config) -> Option<TokenHash> {
    let token = config.server.admin_token.as_ref();
    token.map(|token| TokenHash::of(token.expose_secret()))
}

/// Where an account of AWS is, and who asks.
#[cfg(feature = "aws")]
pub(super) fn access(config: &Config, region: &str, endpoint_url: Option<&Origin>) -> Access {
    Access {
        region: region.to_owned(),
        endpoint_url: endpoint_url.map(|url| url.as_str().to_owned()),
        keys: config.aws_keys.clone().map(|keys| (keys.id, keys.secret)),
    }
}

/// Who attests: the public address, below which the keys are, if there is one.
pub(super) fn issuer(config: &Config) -> Issuer {
    let public_url = config.server.public_url.as_ref();
    let name = public_url.map_or(Issuer::default().name, |url| url.as_str().to_owned());
    Issuer { name, ttl: config.attestation.ttl }
}

/// What is served to the outside: the routes of the providers that send, and our public keys.
pub(super) fn webhooks(
    config: &Config,
    service: &Arc<Service>,
    public_url: String,
) -> anyhow::Result<Router> {
    let template = config.whatsapp.as_ref().map(|it| it.template.name.clone()).unwrap_or_default();
    let cloud = config.whatsapp.as_ref().and_then(|whatsapp| whatsapp.cloud.as_ref());
    let meta = cloud.map(|cloud| Meta {
        app_secret: cloud.app_secret.clone(),
        verify_token: cloud.verify_token.clone(),
        ours: Ours { account: cloud.business_account_id.clone(), template: template.clone() },
    });
    let twilio = config.sms.as_ref().and_then(|sms| sms.twilio.as_ref());
    let twilio = twilio.map(|it| TwilioAccount { auth_token: it.auth_token.clone(), public_url });
    let sns = sns(config, template)?;
    Ok(webhooks::router(service, Webhooks { meta, twilio, sns }))
}

fn sns(config: &Config, template: String) -> anyhow::Result<Option<Sns>> {
    let whatsapp = config.whatsapp.as_ref().and_then(|it| it.aws.as_ref());
    let sms = config.sms.as_ref().and_then(|it| it.aws.as_ref());
    if whatsapp.is_none() && sms.is_none() {
        return Ok(None);
    }
    let key = "sns.certificate_url_prefix";
    let instead = config.sns.certificates.as_ref().map(|prefix| prefix.parse());
    let certificates = Certificates::new(instead.transpose().context(key)?).context(key)?;
    Ok(Some(Sns {
        whatsapp_topic: whatsapp.map(|aws| aws.topic_arn.clone()),
        sms_topic: sms.map(|aws| aws.topic_arn.clone()),
        // AWS's own ids are none of Meta's, and a topic is mostly one account's.
        ours: Ours { account: None, template },
        sha256_only: config.sns.sha256_only,
        certificates,
    }))
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
        let access = access(config, &topic.region, topic.endpoint_url.as_ref());
        sinks.push(Box::new(Topic::new(topic.arn, &access, sink::LIMIT).await));
    }
    let courier = |sink| {
        let (store, index) = (Arc::clone(store), config.keys.index_key());
        Courier::new(store, sink, source.to_owned(), index)
    };
    Ok(sinks.into_iter().map(courier).collect())
}
