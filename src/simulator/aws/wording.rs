//! How AWS words a bad day: each of its services in its own way.

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::fault::Fault;
use crate::simulator::{inbox::Channel, meta, weather};

/// WhatsApp, which speaks REST-JSON.
pub(crate) struct Social;

/// Text messages, which speak JSON 1.0.
struct Sms;

impl weather::Wording for Social {
    fn of(&self, headers: &HeaderMap) -> Option<&'static dyn weather::Wording> {
        headers.contains_key("x-amz-target").then_some(&Sms)
    }

    fn refusal(&self, code: &str, status: Option<u16>) -> Option<Response> {
        Some(named(code, status)?.rest())
    }

    fn throttled(&self) -> Response {
        Fault::new(429, "ThrottledRequestException", "Rate exceeded").rest()
    }

    fn failing(&self, status: u16) -> Response {
        match status {
            500 => Fault::new(500, "InternalServiceException", "Internal failure").rest(),
            502 => Fault::new(502, "DependencyException", "Meta is not available").rest(),
            _ => gateway(status),
        }
    }

    fn token_expired(&self) -> Response {
        expired().rest()
    }

    fn recipient(&self, body: &[u8]) -> Option<(String, Channel)> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let message = BASE64_STANDARD.decode(body["message"].as_str()?).ok()?;
        Some((meta::recipient(&serde_json::from_slice(&message).ok()?)?, Channel::WhatsApp))
    }
}

impl weather::Wording for Sms {
    fn refusal(&self, code: &str, status: Option<u16>) -> Option<Response> {
        Some(named(code, status)?.json())
    }

    fn throttled(&self) -> Response {
        Fault::new(400, "ThrottlingException", "Rate exceeded").json()
    }

    fn failing(&self, status: u16) -> Response {
        match status {
            500 => Fault::new(500, "InternalServerException", "Internal failure").json(),
            _ => gateway(status),
        }
    }

    fn token_expired(&self) -> Response {
        expired().json()
    }

    fn recipient(&self, body: &[u8]) -> Option<(String, Channel)> {
        let body: Value = serde_json::from_slice(body).ok()?;
        Some((body["DestinationPhoneNumber"].as_str()?.to_owned(), Channel::Sms))
    }
}

/// Exceptions that either service may throw, by their names.
fn named(code: &str, status: Option<u16>) -> Option<Fault> {
    let names = [
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ThrottledRequestException",
        "ThrottlingException",
        "ValidationException",
    ];
    let name = names.into_iter().find(|name| *name == code)?;
    Some(Fault::new(status.unwrap_or(400), name, "scripted"))
}

fn expired() -> Fault {
    let words = "The security token included in the request is expired";
    Fault::new(400, "ExpiredTokenException", words)
}

/// What stands before the service, and knows nothing of its forms.
fn gateway(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, "upstream connect error or disconnect/reset before headers").into_response()
}
