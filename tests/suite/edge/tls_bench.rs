//! A service that is called by TLS, and callers with certificates.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use pombo::grpc::proto::{IssueCodeRequest, otp_service_client::OtpServiceClient};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};
use tonic::{
    Code, Request,
    transport::{self, Channel, ClientTlsConfig, Endpoint, Identity},
};

use super::{keyed, sha256_hex, world};
use crate::{
    config,
    support::{
        certificates::{Authority, Certificate},
        pombo::{Pombo, login},
        world::World,
    },
};

/// The bank's name in its certificate.
pub const BANK: &str = "spiffe://bank.example/signup";

/// The shop's.
pub const SHOP: &str = "shop.example";

/// The phone shop's key.
pub const KEY: &str = "kiosk key";

/// A folder of its own, gone with its test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (process, n) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("pombo-tls-{process}-{n}"));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The path of a file in it.
    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file that is ours alone, and tells its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let mut ours = OpenOptions::new();
        ours.write(true).create(true).truncate(true).mode(0o600);
        ours.open(self.at(name)).unwrap().write_all(text.as_bytes()).unwrap();
        self.at(name)
    }

    /// A pipe that nobody writes to.
    pub fn pipe(&self, name: &str) -> String {
        let at = self.at(name);
        config::pipe(Path::new(&at));
        at
    }

    /// Writes a certificate and its key.
    pub fn write_pair(&self, pair: &Certificate) {
        self.write("tls.crt", &pair.certificate);
        self.write("tls.key", &pair.key);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What became of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Met {
    Served,
    /// It was answered that nobody is known by these.
    Unauthenticated,
    /// It came to no connection that could be called on.
    NoConnection,
}

/// A service by TLS.
pub struct Secured {
    pub authority: Authority,
    pub folder: Folder,
    pub world: World,
    pub pombo: Pombo,
}

/// The bank and the shop, known by their certificates.
pub const BY_CERTIFICATE: [(&str, &str); 4] = [
    ("CALLERS__0__NAME", "bank"),
    ("CALLERS__0__MTLS_SAN", BANK),
    ("CALLERS__1__NAME", "shop"),
    ("CALLERS__1__MTLS_SAN", SHOP),
];

impl Secured {
    /// With these callers, and a kiosk that is known by its key.
    pub async fn with_a_key() -> Self {
        let hash = sha256_hex(KEY);
        let kiosk = [("CALLERS__2__NAME", "kiosk"), ("CALLERS__2__API_KEY_SHA256", &hash)];
        Self::new(&[&BY_CERTIFICATE[..], &kiosk].concat()).await
    }

    pub async fn new(callers: &[(&str, &str)]) -> Self {
        let (authority, folder) = (Authority::new(), Folder::new());
        folder.write_pair(&authority.certify("127.0.0.1"));
        Self::over(authority, folder, "", callers).await
    }

    /// Over the files in this part of the folder.
    pub async fn over(
        authority: Authority,
        folder: Folder,
        part: &str,
        callers: &[(&str, &str)],
    ) -> Self {
        let ca = folder.write("ca.crt", &authority.pem());
        let (cert, key) =
            (folder.at(&format!("{part}tls.crt")), folder.at(&format!("{part}tls.key")));
        let tls = [
            ("SERVER__TLS__CERT", cert.as_str()),
            ("SERVER__TLS__KEY", &key),
            ("SERVER__TLS__CLIENT_CA", &ca),
        ];
        let world = world(&[&tls, callers].concat()).await;
        let pombo = world.serve().await;
        Self { authority, folder, world, pombo }
    }

    /// A connection, with this certificate if any.
    pub async fn connect(&self, own: Option<&Certificate>) -> Result<Channel, transport::Error> {
        let authority = transport::Certificate::from_pem(self.authority.pem());
        let tls = ClientTlsConfig::new().ca_certificate(authority);
        let tls = match own {
            Some(own) => tls.identity(Identity::from_pem(&own.certificate, &own.key)),
            None => tls,
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", self.pombo.grpc)).unwrap();
        endpoint.tls_config(tls).unwrap().connect().await
    }

    /// A client with a certificate for these names.
    pub async fn client(&self, sans: &[&str]) -> OtpServiceClient<Channel> {
        let own = self.authority.certify_all(sans);
        OtpServiceClient::new(self.connect(Some(&own)).await.unwrap())
    }

    /// Calls with this certificate and this key, if any, on a connection of its own.
    pub async fn meet(&self, own: Option<&Certificate>, key: Option<&str>, to: &str) -> Met {
        let Ok(line) = self.connect(own).await else { return Met::NoConnection };
        let mut client = OtpServiceClient::new(line);
        match client.issue_code(request(key, login(to))).await.map_err(|status| status.code()) {
            Ok(_) => Met::Served,
            Err(Code::Unauthenticated) => Met::Unauthenticated,
            // By TLS 1.3 a client is through before its certificate is looked at.
            Err(Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled) => {
                Met::NoConnection
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The certificate that new connections are shown.
    pub async fn shown(&self) -> CertificateDer<'static> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(&self.pombo.grpc).await.unwrap();
        let host = ServerName::try_from("127.0.0.1").unwrap();
        let line = TlsConnector::from(Arc::new(config)).connect(host, stream).await.unwrap();
        line.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

fn request(key: Option<&str>, message: IssueCodeRequest) -> Request<IssueCodeRequest> {
    key.map_or_else(|| Request::new(message.clone()), |key| keyed(key, message.clone()))
}
