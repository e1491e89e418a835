//! `POST /{version}/{phone number id}/messages`: who may send, and what becomes of a good request.

use std::{
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Path, State, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::Value;

use super::{
    answer,
    error::GraphError,
    limits::Limits,
    message::Message,
    request::{Otp, recipient},
};
use crate::simulator::{
    behaviour::{Fate, Step},
    course,
    inbox::Channel,
    line::Line,
    number,
    world::World,
};

/// "API Unknown": Meta's word for an error of its own.
const API_UNKNOWN: u32 = 1;

pub(crate) fn router(world: &Arc<World>) -> Router {
    let limits = Mutex::new(Limits::new(world.settings.meta.limits));
    let cloud = Arc::new(Cloud { world: Arc::clone(world), limits });
    Router::new()
        .route("/{version}/{object}/messages", post(send).fallback(unsupported))
        .fallback(unknown_path)
        .with_state(cloud)
}

struct Cloud {
    world: Arc<World>,
    limits: Mutex<Limits>,
}

async fn send(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path((version, object)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, GraphError> {
    cloud.authorize(&headers)?;
    cloud.find(&version, &object)?;
    let body = json(&headers, body)?;
    if let Some(to) = recipient(&body) {
        cloud.world.ledger.record(&to, Channel::WhatsApp);
    }
    let otp = Otp::read(&body, &cloud.world.settings.meta)?;
    let fate = cloud.world.script.next(&otp.to, Channel::WhatsApp);
    tracing::debug!(to = number::masked(&otp.to), ?fate, "a good WhatsApp message");
    cloud.meet(fate, otp, &line).await
}

impl Cloud {
    fn authorize(&self, headers: &HeaderMap) -> Result<(), GraphError> {
        let header = headers.get(AUTHORIZATION).ok_or_else(GraphError::no_token)?;
        let token = header.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if token == self.world.settings.meta.access_token => Ok(()),
            _ => Err(GraphError::bad_token()),
        }
    }

    fn find(&self, version: &str, object: &str) -> Result<(), GraphError> {
        let account = &self.world.settings.meta;
        if version != account.api_version {
            return Err(GraphError::unknown_path(&format!("/{version}")));
        }
        if object != account.phone_number_id {
            return Err(GraphError::unknown_object("post", object));
        }
        Ok(())
    }

    async fn meet(&self, fate: Fate, otp: Otp, line: &Line) -> Result<Response, GraphError> {
        match fate {
            Fate::Accept(steps) => self.accept(otp, steps, "accepted"),
            Fate::Hold(status) => self.accept(otp, Vec::new(), status),
            Fate::Lose(steps) => {
                self.accept(otp, steps, "accepted")?;
                line.cut();
                pending().await
            }
            Fate::Refuse { code, status } => Err(GraphError::scripted(code, status)),
            Fate::Exception { .. } => Err(GraphError::known(API_UNKNOWN)),
            Fate::Broken(status) => Ok(answer::broken(status)),
            Fate::Hang => pending().await,
            Fate::Close => {
                line.cut();
                pending().await
            }
        }
    }

    /// Only what goes out counts against the limits.
    fn accept(&self, otp: Otp, steps: Vec<Step>, status: &str) -> Result<Response, GraphError> {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.admit(&otp.to, Instant::now()).map_err(GraphError::known)?;
        drop(limits);
        let message = Message::new(&self.world, otp);
        let answer = answer::accepted(&message, status);
        self.world.spawn(course::run(steps, self.world.settings.pace, message));
        Ok(answer)
    }
}

/// Graph does not look for JSON where the content type does not promise it, and so finds nothing at
/// all in such a body.
fn json(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Value, GraphError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(GraphError::invalid("The parameter messaging_product is required."));
    }
    let body = body.map_err(|_| GraphError::invalid("The body could not be read."))?;
    serde_json::from_slice(&body).map_err(|_| GraphError::invalid("The body is not valid JSON."))
}

async fn unsupported(Path((_, object)): Path<(String, String)>) -> GraphError {
    GraphError::unknown_object("get", &object)
}

async fn unknown_path(uri: Uri) -> GraphError {
    GraphError::unknown_path(uri.path())
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        tracing::info!(code = self.code(), "a WhatsApp message is refused");
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(self.body())).into_response()
    }
}
