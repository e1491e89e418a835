//! Somebody on the way between the providers and the service: every callback passes by here, is written
//! down, and can be sent again, as it was or altered.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri},
};
use tokio::net::TcpListener;

/// The headers that say whose a callback is.
pub const SIGNATURES: [&str; 2] = ["x-hub-signature-256", "x-twilio-signature"];

/// One callback, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub path: String,
    pub signature: (&'static str, String),
    pub kind: Option<HeaderValue>,
    pub body: String,
}

#[derive(Clone)]
pub struct Wiretap {
    pub url: String,
    heard: Arc<Mutex<Vec<Call>>>,
    /// Where callbacks go from here.
    onwards: Arc<Mutex<String>>,
}

impl Wiretap {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tap = Self { url, heard: Arc::default(), onwards: Arc::default() };
        let router = Router::new().fallback(pass).with_state(tap.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        tap
    }

    pub fn lead_to(&self, webhooks: &str) {
        *self.onwards.lock().unwrap() = webhooks.to_owned();
    }

    /// The calls so far in which all of these words stand.
    pub fn heard(&self, words: &[&str]) -> Vec<Call> {
        let heard = self.heard.lock().unwrap();
        let fits = |call: &&Call| {
            words.iter().all(|word| call.path.contains(word) || call.body.contains(word))
        };
        heard.iter().filter(fits).cloned().collect()
    }

    /// The first of them, waited for.
    pub async fn hear(&self, words: &[&str]) -> Call {
        loop {
            if let Some(call) = self.heard(words).into_iter().next() {
                return call;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Call {
    /// To whichever replica listens there.
    pub async fn send(&self, webhooks: &str) -> StatusCode {
        let url = format!("http://{webhooks}{}", self.path);
        let call = reqwest::Client::new().post(url).body(self.body.clone());
        let call = call.header(self.signature.0, &self.signature.1);
        let call = self.kind.iter().fold(call, |call, kind| call.header("content-type", kind));
        call.send().await.unwrap().status()
    }

    /// The same under its old signature, with something else in it.
    pub fn altered(&self, from: &str, to: &str) -> Self {
        let altered = Self {
            path: self.path.replace(from, to),
            body: self.body.replace(from, to),
            ..self.clone()
        };
        assert_ne!(altered, *self, "there was no {from}");
        altered
    }

    /// The same as somebody else signs it.
    pub fn signed(&self, signature: impl Into<String>) -> Self {
        Self { signature: (self.signature.0, signature.into()), ..self.clone() }
    }
}

async fn pass(State(tap): State<Wiretap>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = SIGNATURES.iter().find_map(|name| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some((*name, value.to_owned()))
    });
    let call = Call {
        path: uri.to_string(),
        signature: signature.unwrap(),
        kind: headers.get("content-type").cloned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let onwards = tap.onwards.lock().unwrap().clone();
    let status = call.send(&onwards).await;
    tap.heard.lock().unwrap().push(call);
    status
}
