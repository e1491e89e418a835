//! Graph's error envelope, and the list of codes with the HTTP status and title of each.
//!
//! The statuses are those of an older copy of Meta's list; the present one names none and asks to go by
//! the code. Where no source gives a status it is 400.

use rand::random;
use serde_json::{Value, json};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// One refusal.
#[derive(Debug)]
pub(crate) struct GraphError {
    status: u16,
    code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    message: String,
    details: Option<String>,
}

impl GraphError {
    /// A code of the list with its title as the details.
    pub fn known(code: u32) -> Self {
        Self::detailed(code, title(code))
    }

    pub fn detailed(code: u32, details: &str) -> Self {
        let message = format!("(#{code}) {}", title(code));
        Self { details: Some(details.into()), ..Self::bare(status(code), code, message) }
    }

    /// 100: an unsupported or misspelled parameter, or one over its length.
    pub fn invalid(details: &str) -> Self {
        Self::detailed(100, details)
    }

    /// Any code, under another status than the usual one if so scripted.
    pub fn scripted(code: u32, status: Option<u16>) -> Self {
        let error = Self::known(code);
        Self { status: status.unwrap_or(error.status), ..error }
    }

    /// 104; errors of authentication carry no `error_data`.
    pub fn no_token() -> Self {
        Self::bare(401, 104, "An access token is required to request this resource.".into())
    }

    pub fn bad_token() -> Self {
        Self::bare(401, 190, "Invalid OAuth access token - Cannot parse access token".into())
    }

    /// A version that Graph does not have reads to it like any other unknown word in a path.
    pub fn unknown_path(path: &str) -> Self {
        Self::bare(400, 2500, format!("Unknown path components: {path}"))
    }

    pub fn unknown_object(method: &str, id: &str) -> Self {
        let message = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due \
             to missing permissions, or does not support this operation"
        );
        let kind = "GraphMethodException";
        Self { subcode: Some(33), kind, ..Self::bare(400, 100, message) }
    }

    fn bare(status: u16, code: u32, message: String) -> Self {
        let kind = "OAuthException";
        Self { status, code, subcode: None, kind, message, details: None }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn code(&self) -> u32 {
        self.code
    }

    pub fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": trace_id(),
        });
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        json!({ "error": error })
    }
}

fn trace_id() -> String {
    format!("A{}", BASE64_URL_SAFE_NO_PAD.encode(random::<[u8; 16]>()))
}

fn status(code: u32) -> u16 {
    match code {
        0 | 104 | 190 => 401,
        10 | 200..=299 | 368 | 130_497 | 131_005 | 131_031 => 403,
        132_001 => 404,
        3 | 131_000 | 131_016 | 131_045 | 131_057 => 500,
        2 | 133_004 => 503,
        _ => 400,
    }
}

pub(super) fn title(code: u32) -> &'static str {
    match code {
        0 => "AuthException",
        1 => "API Unknown",
        2 => "API Service",
        3 => "API Method",
        4 => "API Too Many Calls",
        10 => "Permission Denied",
        100 => "Invalid parameter",
        190 => "Access token has expired",
        200..=299 => "API Permission",
        368 => "Temporarily blocked for policies violations",
        80_007 => "Rate limit issues",
        130_429 => "Rate limit hit",
        130_472 => "User's number is part of an experiment",
        130_497 => "Business account is restricted from messaging users in this country",
        131_000 => "Something went wrong",
        131_005 => "Access denied",
        131_008 => "Required parameter is missing",
        33 | 131_009 => "Parameter value is not valid",
        131_016 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_031 => "Business Account locked",
        131_042 => "Business eligibility payment issue",
        131_045 => "Phone number registration error",
        131_047 => "Re-engagement message",
        131_048 => "Spam rate limit hit",
        131_049 => "Message not delivered to maintain healthy ecosystem engagement",
        131_050 => "User has stopped marketing messages",
        131_051 => "Unsupported message type",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit",
        131_057 => "Account in maintenance mode",
        131_062 => "Business-scoped user id is not supported for this message",
        132_000 => "Number of parameters does not match the expected number of params",
        132_001 => "Template name does not exist in the translation",
        132_005 => "Translated text too long",
        132_007 => "Template content policy violated",
        132_012 => "Parameter format does not match format in the created template",
        132_015 => "Template is paused",
        132_016 => "Template is disabled",
        132_018 => "Template parameters are not valid",
        133_004 => "Server temporarily unavailable",
        133_010 => "Phone number not registered",
        135_000 => "Generic user error",
        137_000 => "Recipient identity key hash mismatch",
        _ => "Unknown error",
    }
}
