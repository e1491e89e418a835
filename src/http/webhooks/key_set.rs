//! Our public keys: by them anybody can check what was attested (RFC 7517). No callback, but served to
//! the same outside.

use axum::{
    Json, Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    routing::get,
};

use crate::otp::attestation::KeySet;

/// Where receivers of tokens look.
const PATH: &str = "/.well-known/jwks.json";

/// The type that RFC 7517, section 8.5, gives it.
const TYPE: HeaderValue = HeaderValue::from_static("application/jwk-set+json");

/// A new key is read everywhere for longer than this before it writes.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(super) fn routes(key_set: &KeySet) -> Router {
    let key_set = key_set.clone();
    let page = || async move { ([(CONTENT_TYPE, TYPE), (CACHE_CONTROL, CACHE)], Json(key_set)) };
    Router::new().route(PATH, get(page))
}
