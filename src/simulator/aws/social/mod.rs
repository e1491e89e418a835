//! End User Messaging Social: REST-JSON, by the model of 2024-01-01.

mod send;

mod message;

mod envelope;

mod accounts;

mod templates;

mod definition;

mod book;

use std::sync::Arc;

use axum::{
    Json,
    http::Method,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

pub(super) use book::Book;

use super::{
    Cloud,
    fault::{Fault, REQUEST_ID},
    ids,
    incoming::Incoming,
    shape::{Members, Misfit, Text},
    sigv4,
};
use crate::simulator::line::Line;

const SERVICE: &str = "social-messaging";

/// A phone number by its id or its ARN.
const PHONE: Text = Text { min: 1, max: 115, fits: |text| named(text, "phone-number-id") };
/// A business account likewise.
const WABA: Text = Text { min: 1, max: 115, fits: |text| named(text, "waba") };

pub(super) async fn answer(
    cloud: &Arc<Cloud>,
    line: &Line,
    request: &Incoming,
) -> Result<Response, Fault> {
    sigv4::check(request, cloud.account(), SERVICE)?;
    let operation = request.uri.path().trim_start_matches("/v1/whatsapp/");
    let query = request.query();
    let value = match (&request.method, operation) {
        (&Method::POST, "send") => return send::send(cloud, line, &body(request)?).await,
        (&Method::GET, "waba/details") => accounts::details(cloud.account_and_meta(), &query),
        (&Method::GET, "waba/list") => accounts::list(cloud.account_and_meta(), &query),
        (&Method::GET, "waba/phone/details") => accounts::phone(cloud.account_and_meta(), &query),
        (&Method::POST, "template/put") => templates::create(cloud, &body(request)?),
        (&Method::POST, "template") => templates::update(cloud, &body(request)?),
        (&Method::GET, "template") => templates::get(cloud, &query),
        (&Method::GET, "template/list") => templates::list(cloud, &query),
        _ => Err(Fault::new(404, "UnknownOperationException", "There is no such operation.")),
    }?;
    Ok(([(REQUEST_ID, ids::header())], Json(value)).into_response())
}

fn body(request: &Incoming) -> Result<Map<String, Value>, Fault> {
    if !request.has_type("application/json") {
        return Err(invalid("The content type must be application/json."));
    }
    request.members().ok_or_else(|| invalid("The body must be a JSON object."))
}

/// ValidationException: the request does not have the operation's shape.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationException", message)
}

/// InvalidParametersException: it has, but what a parameter says can't be.
fn unfit(message: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidParametersException", message)
}

fn missing(what: &str) -> Fault {
    Fault::new(404, "ResourceNotFoundException", format!("The {what} does not exist."))
}

impl From<Misfit> for Fault {
    fn from(Misfit { member, problem }: Misfit) -> Self {
        let error = "1 validation error detected: Value at";
        invalid(format!("{error} '{member}' failed to satisfy constraint: Member {problem}"))
    }
}

/// `kind-…`, or an ARN that ends in `:kind/` and letters and digits.
fn named(text: &str, kind: &str) -> bool {
    let id = text.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'));
    let arn = text.strip_prefix("arn:").and_then(|arn| arn.split_once(&format!(":{kind}/")));
    let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    id || arn.is_some_and(|(_, id)| plain(id))
}

/// The bytes of a blob, of which there must be 1 to `max`.
fn blob(members: &Members, name: &str, max: usize) -> Result<Option<Vec<u8>>, Fault> {
    let any = Text { min: 0, max: usize::MAX, fits: |_| true };
    let Some(text) = members.text(name, any)? else {
        return Ok(None);
    };
    let bytes = BASE64_STANDARD.decode(text).map_err(|_| Misfit::new(name, "must be base64"))?;
    if !(1..=max).contains(&bytes.len()) {
        return Err(Misfit::new(name, format!("must have length of 1 to {max}")).into());
    }
    Ok(Some(bytes))
}
