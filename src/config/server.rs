//! `[server]`: where Pombo listens.

use std::net::{Ipv4Addr, SocketAddr};

use super::{
    kind::Kind,
    origin::{Origin, PUBLIC},
    reader::Reader,
};

/// The listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// gRPC for callers. Default `127.0.0.1:50051`.
    pub grpc_addr: SocketAddr,
    /// Callbacks of providers and the public keys: the only listener for the outside. Default
    /// `127.0.0.1:8080`.
    pub webhook_addr: SocketAddr,
    /// Metrics, health and console: keep it inside. Default `127.0.0.1:9464`.
    pub admin_addr: SocketAddr,
    /// Where providers reach `webhook_addr`; signatures are checked against it. `serve` and `check`
    /// always have it, `dev` has none unless it is said.
    pub public_url: Option<Origin>,
}

const ADDRESS: Kind<SocketAddr> =
    Kind::new("an IP address and a port, like \"127.0.0.1:50051\"", |text| text.parse().ok());

pub(super) fn read(reader: &mut Reader, public: bool) -> Server {
    let mut keys = reader.section("server").demanding(public);
    Server {
        grpc_addr: keys.get("grpc_addr", &ADDRESS).unwrap_or(local(50_051)),
        webhook_addr: keys.get("webhook_addr", &ADDRESS).unwrap_or(local(8_080)),
        admin_addr: keys.get("admin_addr", &ADDRESS).unwrap_or(local(9_464)),
        public_url: keys.need("public_url", &PUBLIC, None),
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
