//! Twilio's classic error body, and the list of codes with the HTTP status and message of each.

use serde_json::{Value, json};

/// One refusal.
#[derive(Debug)]
pub(super) struct TwilioError {
    status: u16,
    code: u32,
    message: String,
}

impl TwilioError {
    /// A code of the list with its usual message.
    pub fn known(code: u32) -> Self {
        Self::new(code, message(code).to_owned())
    }

    pub fn new(code: u32, message: String) -> Self {
        Self { status: status(code), code, message }
    }

    /// Any code, under another status than the usual one if so scripted.
    pub fn scripted(code: u32, status: Option<u16>) -> Self {
        let error = Self::known(code);
        Self { status: status.unwrap_or(error.status), ..error }
    }

    pub fn not_found(path: &str) -> Self {
        Self::new(20_404, format!("The requested resource {path} was not found"))
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn code(&self) -> u32 {
        self.code
    }

    pub fn body(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        })
    }
}

/// Nearly all refusals are 400; the codes of the general ones end in their status.
fn status(code: u32) -> u16 {
    match code {
        20_003 => 401,
        20_004 => 405,
        20_404 => 404,
        20_429 => 429,
        20_500 => 500,
        20_503 => 503,
        _ => 400,
    }
}

fn message(code: u32) -> &'static str {
    match code {
        20_003 => "Authenticate",
        20_004 => "Method not allowed",
        20_429 => "Too Many Requests",
        20_500 => "Internal Server Error",
        20_503 => "Service unavailable",
        21_211 => "Invalid 'To' Phone Number",
        21_212 => "Invalid 'From' Number",
        21_266 => "'To' and 'From' number cannot be the same",
        21_408 => "Permission to send an SMS has not been enabled for the region indicated by 'To'",
        21_602 => "Message body is required.",
        21_603 => "A 'From' phone number is required.",
        21_604 => "A 'To' phone number is required.",
        21_606 => "The 'From' phone number provided is not a valid message-capable phone number",
        21_608 => "The 'To' number is unverified; trial accounts send to verified numbers only",
        21_609 => "The 'StatusCallback' URL is not a valid URL.",
        21_610 => "Attempt to send to unsubscribed recipient",
        21_611 => "This 'From' number has exceeded the maximum number of queued messages",
        21_612 => "The 'To' phone number is not currently reachable via SMS from this sender",
        21_614 => "'To' number is not a valid mobile number",
        21_617 => "The concatenated message body exceeds the 1600 character limit",
        21_635 => "'To' number cannot be a landline",
        21_703 => "The Messaging Service does not contain a phone number",
        21_705 => "The Messaging Service Sid is invalid.",
        30_001 => "Queue overflow",
        30_450 => "Message delivery blocked by SMS Pumping Protection",
        _ => "The request could not be processed",
    }
}
