//! One HTTP client for all senders, and what its failures say about the message.
//!
//! The question is always the same: did the request leave? Before the connection stands, it did
//! not. Once it may have been written, nobody knows, since no provider here offers an idempotency
//! key.

use std::{error::Error, time::Duration};

use bytes::BytesMut;
use reqwest::{Client, RequestBuilder, Response, Url, redirect::Policy};
use serde_json::Value;

use super::{
    Again, SendError,
    reaction::{Reaction, Scope},
};
use crate::otp::FailureReason;

/// Longest wait for a connection. Beyond it another try, or another channel, is the better bet.
const CONNECT: Duration = Duration::from_secs(2);

/// Idle connections are kept this long, and checked that often while they idle: the first message
/// after a quiet minute shall not pay for a TLS handshake.
const IDLE: Duration = Duration::from_secs(300);
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// No answer of use is longer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A sender can't be built as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Not `http(s)://host[:port]`.
    #[error("base_url must be an http or https address without a path, query or user")]
    BaseUrl,
    /// No TLS: most likely the machine has no root certificates.
    #[error("the HTTP client can't be set up: {0}")]
    Client(String),
}

/// A provider's answer, whatever its status.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; `Null` where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Parses a provider's address. It has no path: the sender knows the rest.
pub fn base_url(text: &str) -> Result<Url, SetupError> {
    let url: Url = text.parse().map_err(|_| SetupError::BaseUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then_some(url).ok_or(SetupError::BaseUrl)
}

/// The address of a resource below a base address. Each segment is escaped.
pub fn resource<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(segments);
    }
    url
}

/// A client for the provider at `base`.
///
/// Redirects are not followed: no provider sends any, and the credentials would travel along.
pub fn client(base: &Url) -> Result<Client, SetupError> {
    let builder = Client::builder()
        .user_agent(concat!("pombo/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(Policy::none())
        .referer(false)
        .pool_idle_timeout(IDLE)
        .tcp_keepalive(KEEP_ALIVE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(CONNECT)
        .http2_keep_alive_while_idle(true);
    // A simulator on this machine is not behind the proxy that the environment may name, and needs
    // no root certificates.
    let builder = if is_local(base) { builder.no_proxy() } else { builder };
    let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build().map_err(|error| SetupError::Client(root_cause(&error)))
}

fn is_local(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Sends a request once and reads the whole answer, within `limit`.
pub async fn ask(request: RequestBuilder, limit: Duration) -> Result<Answer, SendError> {
    let response = request.timeout(limit).send().await.map_err(|e| failure(&e, limit))?;
    let status = response.status().as_u16();
    let body = read(response).await.map_err(|e| failure(&e, limit))?;
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// The body, or nothing if it is too long to be an answer.
async fn read(mut response: Response) -> reqwest::Result<BytesMut> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Ok(BytesMut::new());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a broken exchange means. The address is left out of the words: Twilio's names the account.
fn failure(error: &reqwest::Error, limit: Duration) -> SendError {
    let cause = root_cause(error);
    if error.is_builder() {
        let detail = format!("the request can't be built: {cause}");
        let reaction = Reaction::stop(FailureReason::Misconfigured, Scope::App);
        return SendError { reaction, detail };
    }
    if error.is_connect() {
        return Reaction::unanswered(Again::Yes, format!("no connection: {cause}"));
    }
    if error.is_timeout() {
        return Reaction::unanswered(
            Again::Unclear,
            format!("no answer within {} ms", limit.as_millis()),
        );
    }
    Reaction::unanswered(Again::Broken, format!("the exchange broke off: {cause}"))
}

/// The innermost error's words. The outermost of reqwest would name the address.
pub fn root_cause(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return "unknown cause".to_owned();
    };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_is_only_that() {
        for text in ["https://graph.facebook.com", "http://127.0.0.1:8080", "http://[::1]:1/"] {
            assert!(base_url(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "graph.facebook.com",
            "ftp://a",
            "https://a/v1",
            "https://a?b",
            "https://u:p@a",
            "https://a#b",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_segment_climbs_out_of_its_place() {
        let base = base_url("https://api.example.com").unwrap();
        let url = resource(&base, ["Accounts", "AC/../x?y#z", "Messages.json"]);
        assert_eq!(
            url.as_str(),
            "https://api.example.com/Accounts/AC%2F..%2Fx%3Fy%23z/Messages.json"
        );
    }

    #[test]
    fn clients_can_be_built_and_only_this_machine_is_local() {
        for (text, local) in [
            ("http://localhost:1", true),
            ("http://127.0.0.9:1", true),
            ("http://[::1]:1", true),
            ("https://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            let base = base_url(text).unwrap();
            assert_eq!(is_local(&base), local, "{text}");
            assert!(client(&base).is_ok(), "{text}");
        }
    }
}
