//! One request, read whole: a signature covers all of it.

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, Uri},
};
use serde_json::{Map, Value};

/// A message may be 2,048,000 bytes, and base64 makes a third more of it.
const LARGEST: usize = 3 * 1024 * 1024;

pub(super) struct Incoming {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Incoming {
    /// `None` for a body that breaks off or is too large.
    pub async fn read(request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LARGEST).await.ok()?;
        Some(Self { method: parts.method, uri: parts.uri, headers: parts.headers, body })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn has_type(&self, wanted: &str) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    /// The body's members, if it is a JSON object.
    pub fn members(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The query of the address, as if its parameters were members of a body.
    pub fn query(&self) -> Map<String, Value> {
        let query = self.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
    }

    pub fn form(&self) -> Form {
        Form(form_urlencoded::parse(&self.body).into_owned().collect())
    }
}

/// The parameters of the Query protocol.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub fn of_query(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
