//! Graph's front door: what is served where, who may come in, and how a body is read.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;

use super::{error::GraphError, limits::Limits, phone, send, templates};
use crate::simulator::world::World;

/// What a token must be allowed to do, and the code for the one that isn't.
const MESSAGING: (&str, u32) = ("whatsapp_business_messaging", 10);
const MANAGEMENT: (&str, u32) = ("whatsapp_business_management", 200);

pub(crate) fn router(world: &Arc<World>) -> Router {
    let limits = Mutex::new(Limits::new(world.settings.meta.limits));
    let cloud = Arc::new(Cloud { world: Arc::clone(world), limits });
    let upsert = "/{version}/{object}/upsert_message_templates";
    Router::new()
        .route("/{version}/{object}", get(phone::show).fallback(unsupported))
        .route("/{version}/{object}/messages", post(send::send).fallback(unsupported))
        .route(
            "/{version}/{object}/message_templates",
            get(templates::list).post(templates::create).fallback(unsupported),
        )
        .route(upsert, post(templates::upsert).fallback(unsupported))
        .fallback(unknown_path)
        .with_state(cloud)
}

pub(super) struct Cloud {
    pub world: Arc<World>,
    pub limits: Mutex<Limits>,
}

impl Cloud {
    /// Whether this token may send from this phone number.
    pub fn may_send(&self, headers: &HeaderMap, at: (&str, &str)) -> Result<(), GraphError> {
        self.token(headers)?;
        self.object("post", at, &self.world.settings.meta.phone_number_id)?;
        self.allowed(MESSAGING)
    }

    /// Whether this token may look after this object.
    pub fn may_manage(
        &self,
        headers: &HeaderMap,
        method: &str,
        at: (&str, &str),
        id: &str,
    ) -> Result<(), GraphError> {
        self.token(headers)?;
        self.object(method, at, id)?;
        self.allowed(MANAGEMENT)
    }

    fn token(&self, headers: &HeaderMap) -> Result<(), GraphError> {
        let header = headers.get(AUTHORIZATION).ok_or_else(GraphError::no_token)?;
        let token = header.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if token == self.world.settings.meta.access_token => Ok(()),
            _ => Err(GraphError::bad_token()),
        }
    }

    fn object(
        &self,
        method: &str,
        (version, object): (&str, &str),
        id: &str,
    ) -> Result<(), GraphError> {
        if version != self.world.settings.meta.api_version {
            return Err(GraphError::unknown_path(&format!("/{version}")));
        }
        if object != id {
            return Err(GraphError::unknown_object(method, object));
        }
        Ok(())
    }

    fn allowed(&self, (permission, code): (&str, u32)) -> Result<(), GraphError> {
        if self.world.settings.meta.permissions.iter().any(|held| held == permission) {
            return Ok(());
        }
        Err(GraphError::forbidden(code, permission))
    }
}

/// Graph does not look for JSON where the content type does not promise it, and so finds nothing at
/// all in such a body; `first` is what it would miss first.
pub(super) fn json(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    first: &str,
) -> Result<Value, GraphError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(GraphError::invalid(&format!("The parameter {first} is required.")));
    }
    let body = body.map_err(|_| GraphError::invalid("The body could not be read."))?;
    serde_json::from_slice(&body).map_err(|_| GraphError::invalid("The body is not valid JSON."))
}

async fn unsupported(method: axum::http::Method, Path(path): Path<(String, String)>) -> GraphError {
    GraphError::unknown_object(&method.as_str().to_ascii_lowercase(), &path.1)
}

async fn unknown_path(uri: Uri) -> GraphError {
    GraphError::unknown_path(uri.path())
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        tracing::info!(code = self.code(), "a WhatsApp request is refused");
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        (status, axum::Json(self.body())).into_response()
    }
}
