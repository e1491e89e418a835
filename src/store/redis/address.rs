//! `store.url`, read: which servers there are to ask first, and how they are spoken to.

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion,
    RedisConnectionInfo, RedisResult, TlsCertificates, io::tcp::TcpSettings,
};

use crate::store::{Certificates, OpenError, Settings};

/// A server's host and port.
pub(super) type Host = (String, u16);

/// Where Sentinels listen unless it is said.
const SENTINEL_PORT: u16 = 26379;

/// A peer that acknowledges nothing for so long is taken for dead.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: std::time::Duration = std::time::Duration::from_secs(2);

/// The URL, read.
pub(super) struct Address {
    pub(super) form: Form,
    pub(super) hosts: Vec<Host>,
    pub(super) account: Account,
}

/// What the hosts are.
pub(super) enum Form {
    /// The one server.
    Server,
    /// Sentinels, who know the master of this name.
    Sentinel(String),
    /// Some of a cluster.
    Cluster,
}

/// How servers are spoken to: as whom, and whether by TLS.
#[derive(Clone)]
pub(super) struct Account {
    settings: RedisConnectionInfo,
    tls: Option<TlsCertificates>,
}

impl Address {
    /// Reads the URL. What is wrong with it is not told: the text may hold a password.
    pub(super) fn read(settings: &Settings) -> Result<Self, OpenError> {
        let (scheme, rest) = settings.url.split_once("://").ok_or(OpenError::Url)?;
        let (who, what) = rest.rsplit_once('@').map_or(("", rest), |(who, what)| (who, what));
        let (hosts, path) = what.split_once('/').unwrap_or((what, ""));
        let (secured, kind) = match scheme.split_once('+').unwrap_or((scheme, "")) {
            ("redis", kind) => (false, kind),
            ("rediss", kind) => (true, kind),
            _ => return Err(OpenError::Url),
        };
        let form = match (kind, path) {
            ("", _) => Form::Server,
            ("sentinel", name) if !name.is_empty() && !name.contains('/') => {
                Form::Sentinel(name.to_owned())
            }
            ("cluster", "") => Form::Cluster,
            _ => return Err(OpenError::Url),
        };
        let hosts: Vec<&str> =
            if kind.is_empty() { vec![what] } else { hosts.split(',').collect() };
        let read = hosts.iter().map(|host| parse(who, host));
        let read = read.collect::<Option<Vec<_>>>().ok_or(OpenError::Url)?;
        let account = Account {
            settings: read.first().ok_or(OpenError::Url)?.redis_settings().clone(),
            tls: secured.then(|| certificates(&settings.certificates)),
        };
        let is_sentinel = matches!(form, Form::Sentinel(_));
        let hosts = hosts.iter().zip(&read).map(|(text, info)| match info.addr() {
            ConnectionAddr::Tcp(host, _) if is_sentinel && !has_port(text) => {
                Some((host.clone(), SENTINEL_PORT))
            }
            ConnectionAddr::Tcp(host, port) => Some((host.clone(), *port)),
            _ => None,
        });
        let hosts = hosts.collect::<Option<_>>().ok_or(OpenError::Url)?;
        let address = Self { form, hosts, account };
        address.try_out()?;
        Ok(address)
    }

    /// Whatever is wrong with the certificates shows before anybody connects.
    fn try_out(&self) -> Result<(), OpenError> {
        let clients = self.hosts.iter().map(|host| self.account.client(host));
        match clients.collect::<RedisResult<Vec<_>>>() {
            Ok(_) => Ok(()),
            Err(_) if self.account.tls.is_some() => Err(OpenError::Certificates),
            Err(_) => Err(OpenError::Url),
        }
    }
}

/// Reads one host with what goes before and after it. A fragment could switch the look at
/// certificates off, so there is none.
fn parse(who: &str, host: &str) -> Option<ConnectionInfo> {
    let at = if who.is_empty() { "" } else { "@" };
    let plain = !host.contains('#') && !who.contains('#');
    plain.then(|| format!("redis://{who}{at}{host}").into_connection_info().ok()).flatten()
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

fn certificates(given: &Certificates) -> TlsCertificates {
    let client_tls = given.client.as_ref().map(|(certificate, key)| ClientTlsConfig {
        client_cert: certificate.clone(),
        client_key: key.clone(),
    });
    TlsCertificates { client_tls, root_cert: given.authority.clone() }
}

impl Account {
    /// Who can connect to a server.
    pub(super) fn client(&self, (host, port): &Host) -> RedisResult<Client> {
        let (host, port) = (host.clone(), *port);
        // By RESP3 the server's end is noticed at once, not by the next call.
        let settings = self.settings.clone().set_protocol(ProtocolVersion::RESP3);
        let tcp = TcpSettings::default().set_nodelay(true);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(UNACKNOWLEDGED);
        let addr = match self.tls {
            None => ConnectionAddr::Tcp(host, port),
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        };
        let info = addr.into_connection_info()?.set_redis_settings(settings).set_tcp_settings(tcp);
        match &self.tls {
            None => Client::open(info),
            Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        }
    }

    /// The same way, as nobody.
    pub(super) fn nameless(&self) -> Self {
        Self { settings: RedisConnectionInfo::default(), tls: self.tls.clone() }
    }
}
