//! `[server]`: where Pombo listens, by what certificate, and who may look at the admin listener.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    kind::{Kind, spelled},
    origin::{Origin, PUBLIC},
    reader::Reader,
    section::Section,
    strength,
};

/// The listeners. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Server {
    /// gRPC for callers. Default `127.0.0.1:50051`.
    pub grpc_addr: SocketAddr,
    /// Callbacks of providers and the public keys: the only listener for the outside. Default
    /// `127.0.0.1:8080`.
    pub webhook_addr: SocketAddr,
    /// Metrics, health and console: keep it inside. Default `127.0.0.1:9464`.
    pub admin_addr: SocketAddr,
    /// What the admin listener asks for, as `Authorization: Bearer TOKEN`, for everything but
    /// `/livez` and `/readyz`. `serve` wants it where other machines reach `admin_addr`. Default none.
    pub admin_token: Option<SecretString>,
    /// Where providers reach `webhook_addr`; signatures are checked against it. `serve` and `check`
    /// always have it, `dev` has none unless it is said.
    pub public_url: Option<Origin>,
    /// `[server.tls]`: gRPC by TLS. Default without.
    pub tls: Option<ServerTls>,
}

/// `[server.tls]`: the files that gRPC's TLS is made of. They are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    /// The path of our certificate and those between it and its authority, in PEM.
    pub cert: PathBuf,
    /// The path of its private key, in PEM.
    pub key: PathBuf,
    /// The path of the authorities of callers' certificates, in PEM: for callers with a `mtls_san`.
    /// Default none, and then no caller is asked for a certificate.
    pub client_ca: Option<PathBuf>,
}

const ADDRESS: Kind<SocketAddr> =
    Kind::new("an IP address and a port, like \"127.0.0.1:50051\"", |text| text.parse().ok());

/// Long enough that nobody guesses it, and as it goes into a header.
const TOKEN: Kind<SecretString> =
    Kind::new("16 to 1024 printable ASCII characters without blanks", |text| {
        spelled(text, 16..=1024, |c| c.is_ascii_graphic()).map(SecretString::from)
    })
    .hidden();

/// Of 16 hexadecimal digits 10 are different, mostly.
const LEAST_KINDS: usize = 5;

/// Who gives the contents instead gives more than one line.
const PATH: Kind<PathBuf> =
    Kind::new("the path of a file in PEM, like \"/etc/pombo/tls.crt\"", |text| {
        let is_path = !text.is_empty() && !text.chars().any(char::is_control);
        is_path.then(|| text.into())
    });

pub(super) fn read(reader: &mut Reader, public: bool) -> Server {
    let mut keys = reader.section("server").demanding(public);
    let admin_token = keys.get("admin_token", &TOKEN);
    check_strength(&mut keys, admin_token.as_ref());
    Server {
        grpc_addr: keys.get("grpc_addr", &ADDRESS).unwrap_or(local(50_051)),
        webhook_addr: keys.get("webhook_addr", &ADDRESS).unwrap_or(local(8_080)),
        admin_addr: keys.get("admin_addr", &ADDRESS).unwrap_or(local(9_464)),
        admin_token,
        public_url: keys.need("public_url", &PUBLIC, None),
        tls: tls(reader),
    }
}

fn check_strength(keys: &mut Section<'_>, token: Option<&SecretString>) {
    let bytes = token.map(|token| token.expose_secret().as_bytes());
    if let Some(weakness) = bytes.and_then(|bytes| strength::weakness(bytes, LEAST_KINDS)) {
        let sentence = format!(
            "is a token that {weakness} and so can be guessed; make one with `openssl rand -hex 32`"
        );
        keys.refuse("admin_token", sentence);
    }
}

fn tls(reader: &mut Reader) -> Option<ServerTls> {
    let mut keys = reader.section("server.tls");
    let (cert, key) = (keys.get("cert", &PATH), keys.get("key", &PATH));
    let client_ca = keys.get("client_ca", &PATH);
    if cert.is_none() && key.is_none() && client_ca.is_none() {
        return None;
    }
    for (name, _) in [("cert", &cert), ("key", &key)].iter().filter(|(_, path)| path.is_none()) {
        let sentence = "is missing: TLS takes the paths of a certificate and of its key";
        keys.refuse(name, sentence);
    }
    let (cert, key) = cert.zip(key)?;
    Some(ServerTls { cert, key, client_ca })
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
