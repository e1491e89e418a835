//! Where an HTTP service stands: scheme, host and port, and nothing after them.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use http::Uri;

use super::kind::Kind;

/// `https://host[:port]`; `http://` only for a host that is this machine. `Display` gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
}

impl Origin {
    /// Reads an origin; a trailing slash is forgiven, anything else after the port is not.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let uri: Uri = text.parse().ok()?;
        let (scheme, host) = (uri.scheme_str()?, uri.host()?);
        let port = uri.port_u16().map_or_else(String::new, |port| format!(":{port}"));
        // Built from its parts it is the same: so there is no user, no path and no query in it.
        let plain = text == format!("{scheme}://{host}{port}");
        let safe = scheme == "https" || (scheme == "http" && is_this_machine(host));
        let host = host.to_owned();
        (plain && safe && !host.is_empty()).then(|| Self { text: text.to_owned(), host })
    }

    /// A host of the outside, at the usual port.
    pub fn https(host: &str) -> Self {
        Self { text: format!("https://{host}"), host: host.to_owned() }
    }

    /// As it is put before a path: `https://graph.facebook.com`, without a slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        is_this_machine(&self.host)
    }
}

/// A listener of ours, without TLS.
impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        Self { text: format!("http://{address}"), host: address.ip().to_string() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a host, an IPv6 address in brackets, is this machine by its name or address alone.
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The discard port of this machine.
pub(super) const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);

/// Where a provider's API stands.
pub(super) const API: Kind<Origin> = Kind::new(
    "an address without a path, like \"https://api.example.com\" (http:// only for this machine)",
    Origin::parse,
);

/// Where providers reach the webhooks. Twilio refuses a callback to a host with an underscore.
pub(super) const PUBLIC: Kind<Option<Origin>> = Kind::new(
    "an address without a path or an underscore in its host, like \"https://otp.example.com\" \
     (http:// only for this machine)",
    |text| Origin::parse(text).filter(|origin| !origin.host.contains('_')).map(Some),
);
