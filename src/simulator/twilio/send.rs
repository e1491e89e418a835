//! `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`: who may send, and what becomes of a good
//! request.

use std::{future::pending, sync::Arc};

use axum::{
    Form, Json,
    extract::{ConnectInfo, Path, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};

use super::{
    error::TwilioError,
    gate,
    message::Message,
    request::{Sms, recipient},
};
use crate::simulator::{
    behaviour::{Fate, Step},
    course,
    inbox::Channel,
    line::Line,
    number,
    world::World,
};

type Fields = Vec<(String, String)>;

pub(super) async fn send(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(account): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Fields>, FormRejection>,
) -> Result<Response, TwilioError> {
    gate::open_active(&world, &headers, &account)?;
    // Where the content type promises no form, Twilio finds no field in the body.
    let fields = form.map(|Form(fields)| fields).unwrap_or_default();
    if let Some(to) = recipient(&fields) {
        world.ledger.record(to, Channel::Sms);
    }
    let sms = Sms::read(&fields, &world.settings.twilio)?;
    let fate = world.script.next(&sms.to, Channel::Sms);
    tracing::debug!(to = number::masked(&sms.to), ?fate, "a good SMS");
    meet(&world, fate, sms, &line).await
}

async fn meet(
    world: &Arc<World>,
    fate: Fate,
    sms: Sms,
    line: &Line,
) -> Result<Response, TwilioError> {
    match fate {
        Fate::Accept(steps) => Ok(accept(world, sms, steps)),
        Fate::Hold(_) => Ok(accept(world, sms, Vec::new())),
        Fate::Lose(steps) => {
            accept(world, sms, steps);
            line.cut();
            pending().await
        }
        Fate::Refuse { code, status } => Err(TwilioError::scripted(code, status)),
        Fate::Exception { .. } => Err(TwilioError::known(20_500)),
        Fate::Broken(status) => Ok(broken(status)),
        Fate::Hang => pending().await,
        Fate::Close => {
            line.cut();
            pending().await
        }
    }
}

fn accept(world: &Arc<World>, sms: Sms, steps: Vec<Step>) -> Response {
    let message = Message::new(world, sms);
    let body = message.resource();
    world.spawn(course::run(steps, world.settings.pace, message));
    (StatusCode::CREATED, Json(body)).into_response()
}

/// A gateway's word for trouble behind it.
pub(super) fn broken(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, "upstream connect error or disconnect/reset before headers").into_response()
}

impl IntoResponse for TwilioError {
    fn into_response(self) -> Response {
        tracing::info!(code = self.code(), "a request to Twilio is refused");
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(self.body())).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = axum::http::HeaderValue::from_static("Basic realm=\"Twilio API\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
