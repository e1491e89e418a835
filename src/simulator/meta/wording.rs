//! How Meta words a bad day.

use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{answer, error::GraphError, request::recipient};
use crate::simulator::{inbox::Channel, weather};

const TOO_FAST: u32 = 130_429;

pub(crate) struct Wording;

impl weather::Wording for Wording {
    fn refusal(&self, code: &str, status: Option<u16>) -> Option<Response> {
        Some(GraphError::scripted(code.parse().ok()?, status).into_response())
    }

    fn throttled(&self) -> Response {
        GraphError::scripted(TOO_FAST, Some(429)).into_response()
    }

    /// Graph itself answers 500 and 503; other statuses come from what stands before it.
    fn failing(&self, status: u16) -> Response {
        match status {
            500 => GraphError::scripted(1, Some(status)).into_response(),
            503 => GraphError::scripted(2, Some(status)).into_response(),
            _ => answer::broken(status),
        }
    }

    fn token_expired(&self) -> Response {
        GraphError::expired_token().into_response()
    }

    fn recipient(&self, body: &[u8]) -> Option<(String, Channel)> {
        let body: Value = serde_json::from_slice(body).ok()?;
        Some((recipient(&body)?, Channel::WhatsApp))
    }
}
