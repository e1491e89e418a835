//! What the senders by AWS have in common: the SDK set up for them, and what its failures mean.

use std::{error::Error, io, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_socialmessaging::{
    config::{Credentials, StalledStreamProtectionConfig, http::HttpResponse},
    error::SdkError,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Again, SendError,
    reaction::{Reaction, Scope, without_digits},
};
use crate::otp::FailureReason as Why;

/// The senders' name in configuration, deliveries and metrics.
pub const NAME: &str = "aws";

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Where an account of AWS is, and who asks.
#[derive(Clone)]
pub struct Access {
    /// Like `eu-west-1`.
    pub region: String,
    /// Where the service stands, if not at AWS's own address.
    pub endpoint_url: Option<String>,
    /// An access key and its secret; without them the SDK looks where it always does.
    pub keys: Option<(String, SecretString)>,
}

impl Access {
    /// The SDK, set up: it tries once, since one place retries and looks before it does. A time-out of
    /// the whole call is its caller's; connections are kept.
    pub async fn sdk(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(timeouts);
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some((id, secret)) = &self.keys {
            let keys = Credentials::new(id, secret.expose_secret(), None, None, "pombo");
            loader = loader.credentials_provider(keys);
        }
        loader.load().await
    }
}

/// What a refusal says of itself.
pub struct Refusal<'a> {
    /// The exception's name.
    pub code: &'a str,
    /// Its reason, for those that have one.
    pub reason: &'a str,
    /// Its words.
    pub message: &'a str,
}

/// Waits for an answer for at most `limit`, and tells what a failure means. `read` takes a service's own
/// error apart, `judge` sorts it.
pub async fn ask<T, E>(
    answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    limit: Duration,
    read: fn(&E) -> Refusal<'_>,
    judge: fn(code: &str, reason: &str) -> Option<Reaction>,
) -> Result<T, SendError>
where
    E: Error + 'static,
{
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(SdkError::ServiceError(refused))) => {
            let status = refused.raw().status().as_u16();
            if (200..300).contains(&status) {
                return Err(Reaction::unanswered(Again::Unclear, "the answer can't be read"));
            }
            let Refusal { code, reason, message } = read(refused.err());
            let reaction = judge(code, reason)
                .or_else(|| judge_anywhere(code))
                .unwrap_or_else(|| Reaction::of_status(Some(status)));
            Err(told(reaction, code, reason, status, message))
        }
        Ok(Err(error)) => Err(unanswered(&error)),
        Err(_) => {
            let detail = format!("no answer within {} ms", limit.as_millis());
            Err(Reaction::unanswered(Again::Unclear, detail))
        }
    }
}

fn told(reaction: Reaction, code: &str, reason: &str, status: u16, message: &str) -> SendError {
    let scope = reaction.scope.map_or(String::new(), |s| format!(" [stops {}]", s.as_str()));
    let reason = if reason.is_empty() { String::new() } else { format!(" {reason}") };
    let words = without_digits(message);
    SendError { reaction, detail: format!("{code}{reason}, HTTP {status}{scope}: {words}") }
}

/// Errors that every service of AWS knows: of the signature, and of throttling.
fn judge_anywhere(code: &str) -> Option<Reaction> {
    match code {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Some(Reaction::stop(Why::Misconfigured, Scope::Token)),
        "AccessDenied" | "AccessDeniedException" | "OptInRequired" => {
            Some(Reaction::stop(Why::Misconfigured, Scope::App))
        }
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => {
            Some(Reaction::alone(Why::RateLimited, Again::Yes))
        }
        _ => None,
    }
}

/// An exchange that led to no answer of the service, or none that can be read.
fn unanswered<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> SendError {
    let cause = || without_digits(&root_cause(error));
    match error {
        SdkError::ConstructionFailure(_) => {
            let reaction = Reaction::stop(Why::Misconfigured, Scope::Token);
            SendError { reaction, detail: format!("the request can't be made: {}", cause()) }
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Reaction::unanswered(Again::Yes, "no connection in time")
        }
        // They are looked for while the request is made.
        SdkError::DispatchFailure(_) if mentions(error, "credentials") => {
            let reaction = Reaction::stop(Why::Misconfigured, Scope::Token);
            SendError { reaction, detail: format!("no credentials: {}", cause()) }
        }
        SdkError::DispatchFailure(_) if never_left(error) => {
            Reaction::unanswered(Again::Yes, format!("no connection: {}", cause()))
        }
        SdkError::DispatchFailure(_) => {
            Reaction::unanswered(Again::Broken, format!("the exchange broke off: {}", cause()))
        }
        SdkError::ResponseError(answer) => match answer.raw().status().as_u16() {
            200..300 => Reaction::unanswered(Again::Unclear, "the answer can't be read"),
            status => {
                let reaction = Reaction::of_status(Some(status));
                SendError { reaction, detail: format!("HTTP {status} without an error's form") }
            }
        },
        _ => Reaction::unanswered(Again::Unclear, cause()),
    }
}

/// The error and what is behind it, the innermost last.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn mentions(error: &(dyn Error + 'static), word: &str) -> bool {
    chain(error).any(|error| error.to_string().contains(word))
}

/// Whether the connection never stood.
fn never_left(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound,
    };
    let kinds = chain(error).filter_map(|error| error.downcast_ref::<io::Error>());
    kinds.map(io::Error::kind).any(|kind| {
        matches!(
            kind,
            AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkUnreachable | NotFound
        )
    })
}

fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
