//! How Twilio words a bad day.

use axum::response::{IntoResponse, Response};

use super::{error::TwilioError, request::recipient, send::broken};
use crate::simulator::{inbox::Channel, weather};

const BAD_CREDENTIALS: u32 = 20_003;
const TOO_FAST: u32 = 20_429;

pub(crate) struct Wording;

impl weather::Wording for Wording {
    fn refusal(&self, code: &str, status: Option<u16>) -> Option<Response> {
        Some(TwilioError::scripted(code.parse().ok()?, status).into_response())
    }

    fn throttled(&self) -> Response {
        TwilioError::known(TOO_FAST).into_response()
    }

    /// The API itself answers 500 and 503; other statuses come from what stands before it.
    fn failing(&self, status: u16) -> Response {
        match status {
            500 | 503 => TwilioError::known(20_000 + u32::from(status)).into_response(),
            _ => broken(status),
        }
    }

    fn token_expired(&self) -> Response {
        TwilioError::known(BAD_CREDENTIALS).into_response()
    }

    fn recipient(&self, body: &[u8]) -> Option<(String, Channel)> {
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        Some((recipient(&fields)?.to_owned(), Channel::Sms))
    }
}
