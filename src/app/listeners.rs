//! The listeners. They are bound first of all, so that a port that is taken is told before anything
//! else begins.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use anyhow::bail;
use tokio::net::TcpListener;

use crate::{config, doors::Door};

/// Connections at once of callers, of providers and of operators. Each is a descriptor: the process
/// needs as many, and some for the store and for providers.
const CALLERS: usize = 4096;
const PROVIDERS: usize = 2048;
const OPERATORS: usize = 128;

/// The three listeners, bound.
pub struct Listeners {
    pub(super) grpc: Door,
    pub(super) webhook: Door,
    pub(super) admin: Door,
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
            grpc: Door::new("grpc", bind("grpc_addr", server.grpc_addr).await?, CALLERS),
            webhook: Door::new(
                "webhook",
                bind("webhook_addr", server.webhook_addr).await?,
                PROVIDERS,
            ),
            admin: Door::new("admin", bind("admin_addr", server.admin_addr).await?, OPERATORS),
        })
    }

    /// Where they are, ports and all.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses {
            grpc: self.grpc.address()?,
            webhook: self.webhook.address()?,
            admin: self.admin.address()?,
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
