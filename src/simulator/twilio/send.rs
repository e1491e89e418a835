//! `POST /2010-04-01/Accounts/{AccountSid}/Messages.json`: who may send, and what becomes of a good
//! request.

use std::{future::pending, sync::Arc};

use axum::{
    Form, Json, Router,
    extract::{ConnectInfo, Path, State, rejection::FormRejection},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    error::TwilioError,
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

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(send).fallback(not_allowed))
        .fallback(not_found)
        .with_state(Arc::clone(world))
}

async fn send(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(account): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Fields>, FormRejection>,
) -> Result<Response, TwilioError> {
    authorize(&world, &headers)?;
    if account != world.settings.twilio.account_sid {
        return Err(TwilioError::not_found(&format!("/2010-04-01/Accounts/{account}")));
    }
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

fn authorize(world: &World, headers: &HeaderMap) -> Result<(), TwilioError> {
    let account = &world.settings.twilio;
    let wanted = format!("{}:{}", account.account_sid, account.auth_token);
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    match given {
        Some(given) if given == wanted.as_bytes() => Ok(()),
        _ => Err(TwilioError::known(20_003)),
    }
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
        Fate::Broken(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            Ok((status, "upstream connect error or disconnect/reset before headers")
                .into_response())
        }
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

async fn not_allowed() -> TwilioError {
    TwilioError::known(20_004)
}

async fn not_found(uri: Uri) -> TwilioError {
    TwilioError::not_found(uri.path())
}

impl IntoResponse for TwilioError {
    fn into_response(self) -> Response {
        tracing::info!(code = self.code(), "an SMS is refused");
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(self.body())).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = axum::http::HeaderValue::from_static("Basic realm=\"Twilio API\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
