//! Graph's error envelope, and what it says in which case.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::random;
use serde_json::{Value, json};

use super::codes::{status, title};

/// One refusal.
#[derive(Debug)]
pub(crate) struct GraphError {
    status: u16,
    code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    message: String,
    details: Option<String>,
    /// What a person may be shown; only management says such things.
    explanation: Option<String>,
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

    /// The same as management tells it: every parameter that is missing or wrong is a 100 there.
    pub fn in_management(self) -> Self {
        match self.code {
            100 | 131_008 | 131_009 | 132_012 | 132_018 => {
                let explanation = self.details.unwrap_or(self.message);
                let error = Self::invalid(&explanation);
                Self { subcode: self.subcode, explanation: Some(explanation), ..error }
            }
            _ => self,
        }
    }

    /// 100: there is this template in this language already.
    pub fn template_exists(name: &str, language: &str) -> Self {
        let details = format!("The template {name} exists in {language} already.");
        Self { subcode: Some(2_388_024), ..Self::invalid(&details) }
    }

    /// 100: a field that the object asked for does not have.
    pub fn no_such_field(field: &str, node: &str) -> Self {
        let message =
            format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})");
        Self::bare(400, 100, message)
    }

    /// The token lacks a permission; errors of authentication carry no `error_data`.
    pub fn forbidden(code: u32, permission: &str) -> Self {
        let message = format!("(#{code}) {}: it takes {permission}", title(code));
        Self::bare(403, code, message)
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

    pub fn expired_token() -> Self {
        let message = "Error validating access token: Session has expired.";
        Self { subcode: Some(463), ..Self::bare(401, 190, message.into()) }
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
        Self { status, code, subcode: None, kind, message, details: None, explanation: None }
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
        if let Some(explanation) = &self.explanation {
            error["error_user_title"] = json!(title(self.code));
            error["error_user_msg"] = json!(explanation);
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
