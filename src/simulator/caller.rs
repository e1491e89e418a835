//! Calls to webhooks, which never leave this machine.

use std::{io, net::IpAddr, time::Duration};

use reqwest::{Client, RequestBuilder, Response, Url, redirect::Policy};

/// A webhook that takes longer has not answered.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Caller(Client);

impl Caller {
    pub fn new() -> io::Result<Self> {
        // A proxy of the environment has no place between two loopback ports, and a redirect would
        // carry a signed body to where it was not signed for.
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
        client.build().map(Self).map_err(io::Error::other)
    }

    /// A call still to be filled in, unless the address lies elsewhere.
    pub fn post(&self, url: &str) -> Option<RequestBuilder> {
        let url = local(url);
        if url.is_none() {
            tracing::warn!("a webhook is not called: its address is not on this machine");
        }
        url.map(|url| self.0.post(url))
    }

    /// Fetches a page of this machine.
    pub async fn get(&self, url: &str) -> Option<Response> {
        self.0.get(local(url)?).send().await.ok()
    }
}

/// The address, if it is one of this machine.
fn local(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    let ours = host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    ours.then_some(url)
}
