//! What the configuration lets cross a network in clear. It is told and not refused: a mesh or a tunnel
//! that we can't see may carry it.

use super::{Caution, Config, Store, origin::is_this_machine};

const GRPC: Caution = Caution {
    key: "server.grpc_addr",
    sentence: "is open to other machines without TLS, so callers' keys, phone numbers and codes cross \
               the network in clear; set server.tls.cert and server.tls.key, or listen on 127.0.0.1 \
               behind a mesh or a proxy that carries them by TLS",
};

const STORE: Caution = Caution {
    key: "store.url",
    sentence: "leads to another machine without TLS, so its password and all records cross the network \
               in clear, and whoever is on it can change them; begin it with rediss, or keep the store \
               on a network that nobody else is on",
};

impl Config {
    /// What of keys, numbers, codes and records crosses a network in clear.
    pub(super) fn exposures(&self) -> impl Iterator<Item = Caution> {
        let server = &self.server;
        let is_grpc_open = server.tls.is_none() && !server.grpc_addr.ip().is_loopback();
        let is_store_open = self.store.is_in_clear();
        let all = [(is_grpc_open, GRPC), (is_store_open, STORE)];
        all.into_iter().filter_map(|(is_open, caution)| is_open.then_some(caution))
    }
}

impl Store {
    /// Whether any server that the URL names is another machine, and is spoken to without TLS.
    fn is_in_clear(&self) -> bool {
        let is_plain = !self.url.is_memory() && !self.url.has_tls();
        is_plain && self.url.hosts().any(|host| !is_this_machine(host))
    }
}
