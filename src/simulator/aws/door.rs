//! The one address: which service is meant shows in the path, in a header, or in the form.

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};

use super::{
    Cloud,
    fault::Fault,
    incoming::{Form, Incoming},
    query, sms, social,
};
use crate::simulator::line::Line;

pub(super) fn router(cloud: &Arc<Cloud>) -> Router {
    Router::new()
        .route("/", post(root).get(visit))
        .route("/v1/whatsapp/{*operation}", any(whatsapp))
        .route("/{file}", get(certificate))
        .fallback(unknown)
        .with_state(Arc::clone(cloud))
}

async fn root(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    match Incoming::read(request).await {
        None => unreadable().json(),
        Some(request) if request.headers.contains_key("x-amz-target") => {
            sms::answer(&cloud, &line, &request).await
        }
        Some(request) => query::answer(&cloud, &request),
    }
}

/// Somebody follows a link of a notification.
async fn visit(State(cloud): State<Arc<Cloud>>, uri: Uri) -> Response {
    let form = Form::of_query(&uri);
    match form.get("Action") {
        Some("ConfirmSubscription") => query::confirm(&cloud, &form),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn whatsapp(
    State(cloud): State<Arc<Cloud>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    match Incoming::read(request).await {
        None => unreadable().rest(),
        Some(request) => match social::answer(&cloud, &line, &request).await {
            Ok(answer) => answer,
            Err(fault) => fault.rest(),
        },
    }
}

async fn certificate(State(cloud): State<Arc<Cloud>>, Path(file): Path<String>) -> Response {
    match cloud.sns.certificate(&file) {
        Some(pem) => ([(CONTENT_TYPE, "application/x-pem-file")], pem.to_owned()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn unknown() -> Response {
    Fault::new(404, "UnknownOperationException", "There is no such operation.").rest()
}

fn unreadable() -> Fault {
    Fault::new(413, "RequestEntityTooLargeException", "The body could not be read.")
}
