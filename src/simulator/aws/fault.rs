//! A refusal, and the three forms in which AWS's protocols write one.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{ids, sigv4::Refusal};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

#[derive(Debug)]
pub(super) struct Fault {
    pub status: u16,
    pub name: &'static str,
    pub message: String,
    /// What else the exception carries (`Reason`, `Fields`, `ResourceType`), where it may.
    pub more: Map<String, Value>,
}

impl Fault {
    pub fn new(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into(), more: Map::new() }
    }

    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.more.insert(member.into(), value.into());
        self
    }

    /// REST-JSON: the name in a header, the message in the body.
    pub fn rest(self) -> Response {
        self.log();
        let name = HeaderValue::from_static(self.name);
        let body = json!({ "message": self.message });
        (self.code(), [(ERROR_TYPE, name), (REQUEST_ID, ids::header())], Json(body)).into_response()
    }

    /// JSON 1.0: the name in the body, with the service's namespace before it.
    pub fn json(self) -> Response {
        self.log();
        let code = self.code();
        let mut body = self.more;
        body.insert("__type".into(), format!("com.amazonaws.smsvoice#{}", self.name).into());
        body.insert("Message".into(), self.message.into());
        (code, super::sms::json_headers(), Value::Object(body).to_string()).into_response()
    }

    /// Query: XML, with who is to blame.
    pub fn xml(self, namespace: &str) -> Response {
        self.log();
        let blame = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{blame}</Type>\n    \
             <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
             <RequestId>{}</RequestId>\n</ErrorResponse>\n",
            self.name,
            super::query::escaped(&self.message),
            ids::uuid(),
        );
        (self.code(), [(CONTENT_TYPE, "text/xml")], body).into_response()
    }

    fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn log(&self) {
        tracing::info!(error = self.name, "a request to AWS is refused");
    }
}

/// Services of JSON name it so; the status is 403 for all, which their common errors allow.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let (name, message) = match refusal {
            Refusal::Missing => {
                ("MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Refusal::UnknownKey => (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Refusal::WrongScope => {
                ("InvalidSignatureException", "Credential should be scoped correctly.")
            }
            Refusal::Expired => ("InvalidSignatureException", "Signature expired."),
            Refusal::Mismatch => (
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
            ),
        };
        Self::new(403, name, message)
    }
}
