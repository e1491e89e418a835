//! The application as a value: built from a configuration, with its listeners already bound, run
//! until told to stop.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config, TwilioSender},
    delivery::{
        Messenger,
        sms::{
            text::{TextSettings, Texts},
            twilio::{Sender, Twilio, TwilioSettings},
        },
        whatsapp::{
            cloud::{Cloud, CloudSettings},
            template::Template,
        },
    },
    grpc::{self, Caller, Callers},
    http,
    insight::observed::Observed,
    otp::PhoneNumber,
    service::{
        Parts, Service, SharedLimits,
        numbers::{Numbers, TestNumber},
    },
    store::{self, Store, Visit},
};

/// How long calls under way, and after them sends, may each take when the process is told to stop:
/// together less than the half minute that orchestrators wait.
const DRAIN: Duration = Duration::from_secs(14);

/// The three listeners, bound.
pub struct Listeners {
    grpc: TcpListener,
    webhook: TcpListener,
    admin: TcpListener,
}

/// Where the listeners are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For callers.
    pub grpc: SocketAddr,
    /// For providers.
    pub webhook: SocketAddr,
    /// For operators.
    pub admin: SocketAddr,
}

impl Listeners {
    /// Binds what the configuration says.
    pub async fn bind(server: &config::Server) -> anyhow::Result<Self> {
        Ok(Self {
            grpc: bind("grpc_addr", server.grpc_addr).await?,
            webhook: bind("webhook_addr", server.webhook_addr).await?,
            admin: bind("admin_addr", server.admin_addr).await?,
        })
    }

    /// Where they are, ports and all.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            grpc: self.grpc.local_addr()?,
            webhook: self.webhook.local_addr()?,
            admin: self.admin.local_addr()?,
        })
    }
}

async fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let env = format!("POMBO_SERVER__{}", key.to_uppercase());
            match free_port(address.ip(), address.port()).await {
                Some(free) => bail!(
                    "server.{key}: {address} is taken by another program; {env}={free} would work"
                ),
                None => bail!("server.{key}: {address} is taken by another program; name another"),
            }
        }
        Err(error) => bail!("server.{key}: can't listen on {address}: {error}"),
    }
}

/// The next port that nobody listens on.
async fn free_port(ip: IpAddr, taken: u16) -> Option<SocketAddr> {
    for port in (1..100).filter_map(|step| taken.checked_add(step)) {
        let address = SocketAddr::new(ip, port);
        if TcpListener::bind(address).await.is_ok() {
            return Some(address);
        }
    }
    None
}

/// The application, ready to run.
pub struct App {
    /// The use cases.
    pub service: Arc<Service>,
    listeners: Listeners,
    callers: Callers,
    webhooks: Router,
    admin: Router,
}

impl App {
    /// Opens the store, as `visit` says, and builds everything around it. `extra` is added to the
    /// admin listener.
    pub async fn build(
        config: Config,
        listeners: Listeners,
        public_url: String,
        metrics: PrometheusHandle,
        visit: Visit,
        extra: Router,
    ) -> anyhow::Result<Self> {
        let store = open_store(&config, visit).await?;
        // The numbering plans are read at their first use; the first caller shall not wait for it.
        tokio::task::spawn_blocking(|| drop(PhoneNumber::parse("+5511987654300")));
        let service = Service::new(Parts {
            store,
            rules: config.rules.clone(),
            keyring: config.keys.keyring(),
            index: config.keys.index_key(),
            numbers: numbers(&config),
            shared_limits: SharedLimits {
                subject: config.limits.subject.clone(),
                client_ip: config.limits.client_ip.clone(),
                caller: config.limits.caller.clone(),
            },
            messengers: messengers(&config, &public_url)?,
        });
        Ok(Self {
            webhooks: webhooks(&config, &service, public_url),
            admin: http::admin::router(Arc::clone(&service), metrics).merge(extra),
            callers: callers(&config),
            service,
            listeners,
        })
    }

    /// Serves until `stop`, then finishes what is under way, for a bounded time.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { service, listeners, callers, webhooks, admin } = self;
        let alarms = Arc::clone(&service);
        let mut worker = tokio::spawn(async move { alarms.run().await });
        let grpc = grpc::server::serve(listeners.grpc, Arc::clone(&service), callers, stop.clone());
        let webhooks = http::serve(listeners.webhook, webhooks, stop.clone());
        let admin = http::serve(listeners.admin, admin, stop.clone());
        let serving = async {
            tokio::try_join!(grpc, async { Ok(webhooks.await?) }, async { Ok(admin.await?) })
        };
        let out_of_time = async {
            stop.cancelled().await;
            sleep(DRAIN).await;
        };
        let ended = tokio::select! {
            served = serving => served.map(drop),
            // Without it no fallback would be taken, and nobody would notice.
            ended = &mut worker => Err(anyhow!("the alarms' worker ended: {ended:?}")),
            () = out_of_time => {
                tracing::warn!("connections were still open when the time to drain was over");
                Ok(())
            }
        };
        worker.abort();
        if !service.drain(DRAIN).await {
            tracing::warn!("sends were still under way when the time to drain was over");
        }
        ended
    }
}

/// Opens the configured store, observed. With [`Visit::Look`] it leaves no trace in it.
pub async fn open_store(config: &Config, visit: Visit) -> anyhow::Result<Arc<dyn Store>> {
    let settings = store::Settings {
        url: config.store.url.expose().to_owned(),
        partitions: config.store.partitions.into(),
        index_fingerprint: config.keys.index_key().fingerprint(),
        visit,
    };
    Ok(Arc::new(Observed::new(store::open(settings).await?)))
}

fn numbers(config: &Config) -> Numbers {
    let tests = config.test_numbers.iter().map(|test| {
        let number = TestNumber { code: test.code.clone(), until: test.until };
        (test.number.e164().to_owned(), number)
    });
    Numbers { countries: config.allowed_countries.clone(), tests: tests.collect() }
}

fn callers(config: &Config) -> Callers {
    let callers = config.callers.iter().map(|caller| Caller {
        name: caller.name.clone(),
        api_key_sha256: caller.api_key.0,
        purposes: Some(caller.purposes.iter().copied().collect()),
    });
    Callers(callers.collect())
}

fn messengers(config: &Config, public_url: &str) -> anyhow::Result<Vec<Arc<dyn Messenger>>> {
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

fn webhooks(config: &Config, service: &Arc<Service>, public_url: String) -> Router {
    let meta = config.whatsapp.as_ref().map(|whatsapp| http::webhooks::Meta {
        app_secret: whatsapp.cloud.app_secret.clone(),
        verify_token: whatsapp.cloud.verify_token.clone(),
    });
    let twilio = config.sms.as_ref().map(|sms| http::webhooks::TwilioAccount {
        auth_token: sms.twilio.auth_token.clone(),
        public_url,
    });
    http::webhooks::router(Arc::clone(service), meta, twilio)
}
