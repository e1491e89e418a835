//! What a sender is answered when nothing is refused.

use axum::{
    Json,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::message::Message;

/// 200, which says "accepted" and nothing about the phone.
pub(super) fn accepted(message: &Message, status: &str) -> Response {
    let body = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": message.input(), "wa_id": message.wa_id() }],
        "messages": [{ "id": message.id(), "message_status": status }],
    });
    Json(body).into_response()
}

/// A gateway's word for trouble behind it: a status and a page that no client can read.
pub(super) fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, Html("<html><body>Sorry, something went wrong.</body></html>")).into_response()
}
