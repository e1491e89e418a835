//! `POST …/message_templates` and `POST …/upsert_message_templates`: templates are made, and changed.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{
    super::{
        cloud::{self, Cloud},
        error::GraphError,
        notice::{self, Notice, TemplateNotice},
    },
    TemplateStatus,
    book::{self, NotTaken},
    draft::Draft,
};
use crate::simulator::world::World;

pub(in super::super) async fn create(
    State(cloud): State<Arc<Cloud>>,
    Path((version, object)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, GraphError> {
    let body = read(&cloud, (&version, &object), &headers, body)?;
    let draft = Draft::single(&body).map_err(GraphError::in_management)?;
    let (world, review) = (&cloud.world, cloud.world.settings.pace.review);
    let language = draft.languages.first().map(String::as_str).unwrap_or_default();
    let status = world.templates.create(&draft, language, review);
    let status = status.map_err(|why| not_taken(&why, &draft.name, language))?;
    announce(world, &draft.name, language);
    Ok(Json(json!({
        "id": book::id(&draft.name, language).to_string(),
        "status": status.word(),
        "category": "AUTHENTICATION",
    })))
}

pub(in super::super) async fn upsert(
    State(cloud): State<Arc<Cloud>>,
    Path((version, object)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, GraphError> {
    let body = read(&cloud, (&version, &object), &headers, body)?;
    let draft = Draft::bulk(&body).map_err(GraphError::in_management)?;
    let (world, review) = (&cloud.world, cloud.world.settings.pace.review);
    let mut data = Vec::new();
    for language in &draft.languages {
        let status = world.templates.upsert(&draft, language, review);
        let status = status.map_err(|why| not_taken(&why, &draft.name, language))?;
        announce(world, &draft.name, language);
        data.push(json!({
            "id": book::id(&draft.name, language).to_string(),
            "status": status.word(),
            "language": language,
        }));
    }
    Ok(Json(json!({ "data": data })))
}

fn read(
    cloud: &Cloud,
    at: (&str, &str),
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Value, GraphError> {
    let account = &cloud.world.settings.meta;
    cloud.may_manage(headers, "post", at, &account.business_account_id)?;
    cloud::json(headers, body, "name").map_err(GraphError::in_management)
}

fn not_taken(why: &NotTaken, name: &str, language: &str) -> GraphError {
    let error = match why {
        NotTaken::Exists => GraphError::template_exists(name, language),
        NotTaken::Full => GraphError::invalid("The account has as many templates as it may have."),
    };
    error.in_management()
}

/// Tells how the review ended, once it has.
fn announce(world: &Arc<World>, name: &str, language: &str) {
    let later = Arc::clone(world);
    let (name, language) = (name.to_owned(), language.to_owned());
    world.spawn(async move {
        tokio::time::sleep(later.settings.pace.review).await;
        let Some(status) = later.templates.status(&name, &language) else {
            return;
        };
        let reason = (status == TemplateStatus::Rejected).then(|| "INVALID_FORMAT".to_owned());
        let event = status.word().to_owned();
        let notice = TemplateNotice { event, name, language, reason, title: None };
        notice::post(&later, &Notice::Template(notice)).await;
    });
}
