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
        20_404 => "The requested resource was not found",
        30_002 => "Account suspended",
        30_003 => "Unreachable destination handset",
        30_004 => "Message blocked",
        30_005 => "Unknown destination handset",
        30_006 => "Landline or unreachable carrier",
        30_007 => "Message filtered",
        30_008 => "Unknown error",
        30_017 => "Carrier network congestion",
        30_018 | 30_024 | 30_040 => "The sender is not registered with the carrier",
        30_022 => "US A2P 10DLC rate limit exceeded",
        30_023 => "US A2P 10DLC daily message cap reached",
        30_032 => "Toll-free number has not been verified",
        30_034 | 30_035 => "Message from an unregistered number",
        30_036 => "Validity period expired",
        30_038 => "The message body was filtered as a one-time code",
        30_410 => "Provider timeout",
        30_453 | 30_485 => "Message blocked: suspected fraud",
        30_454 => "The account has exceeded its message limit",
        _ => "The request could not be processed",
    }
}
