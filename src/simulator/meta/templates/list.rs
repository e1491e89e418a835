//! `GET …/message_templates`: filtered, in pages.
//!
//! A `name` matches as a part. No page promises that Meta's filter compares whole names, so who looks for
//! one template has to compare them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header::HOST},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    super::{cloud::Cloud, error::GraphError, query::Query},
    TemplateStatus,
    book::{self, Template},
    weathered,
};
use crate::simulator::world::World;

const NODE: &str = "WhatsAppMessageTemplate";
const KNOWN: &[&str] =
    &["name", "language", "status", "category", "fields", "limit", "after", "before"];
/// Shown when nothing else is asked for.
const USUAL: &[&str] = &["name", "language", "status", "category", "components"];
const USUAL_PAGE: usize = 25;

pub(in super::super) async fn list(
    State(cloud): State<Arc<Cloud>>,
    Path((version, object)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    let account = &cloud.world.settings.meta;
    cloud.may_manage(&headers, "get", (&version, &object), &account.business_account_id)?;
    let query = Query::read(raw, KNOWN)?;
    let found = found(&cloud.world, &query);
    let page = Page::read(&query, found.len())?;
    let data: Result<Vec<Value>, GraphError> = found[page.from..page.to]
        .iter()
        .map(|template| query.select(template, USUAL, NODE))
        .collect();
    let mut answer = json!({ "data": data? });
    if page.from < page.to {
        answer["paging"] = json!({
            "cursors": { "before": cursor(page.from), "after": cursor(page.to) },
        });
    }
    if page.to < found.len() {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = format!("http://{host}/{version}/{object}/message_templates");
        answer["paging"]["next"] = json!(format!("{path}?{}", query.after(&cursor(page.to))));
    }
    Ok(Json(answer))
}

fn found(world: &World, query: &Query) -> Vec<Value> {
    let fits = |template: &Value, key: &str| {
        query.get(key).is_none_or(|wanted| template[key] == wanted.to_ascii_uppercase())
    };
    let mut templates = world.templates.all();
    templates.sort_by_cached_key(|template| book::id(&template.name, &template.language));
    templates
        .iter()
        .filter(|t| query.get("name").is_none_or(|name| t.name.contains(name)))
        .filter(|t| query.get("language").is_none_or(|language| t.language == language))
        .map(|template| whole(template, weathered(world, template.status(), &template.language)))
        .filter(|shown| fits(shown, "status") && fits(shown, "category"))
        .collect()
}

fn whole(template: &Template, status: TemplateStatus) -> Value {
    let rejected = status == TemplateStatus::Rejected;
    json!({
        "id": book::id(&template.name, &template.language).to_string(),
        "name": template.name,
        "language": template.language,
        "status": status.word(),
        "category": "AUTHENTICATION",
        "components": template.components,
        "message_send_ttl_seconds": template.send_seconds.unwrap_or(600),
        "quality_score": { "score": "UNKNOWN" },
        "rejected_reason": if rejected { "INVALID_FORMAT" } else { "NONE" },
    })
}

/// The part of a list that is shown: `from` to before `to`.
struct Page {
    from: usize,
    to: usize,
}

impl Page {
    fn read(query: &Query, all: usize) -> Result<Self, GraphError> {
        let limit = match query.get("limit").map(str::parse) {
            None => USUAL_PAGE,
            Some(Ok(limit)) if limit > 0 => limit,
            Some(_) => return Err(GraphError::invalid("The parameter limit must be from 1 up.")),
        };
        let (from, to) = match (query.get("after"), query.get("before")) {
            (Some(after), _) => (place(after)?, place(after)?.saturating_add(limit)),
            (None, Some(before)) => (place(before)?.saturating_sub(limit), place(before)?),
            (None, None) => (0, limit),
        };
        Ok(Self { from: from.min(all), to: to.min(all) })
    }
}

/// A cursor means something to its maker only.
fn cursor(place: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("at {place}"))
}

fn place(cursor: &str) -> Result<usize, GraphError> {
    let text =
        BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|raw| String::from_utf8(raw).ok());
    let place = text.as_deref().and_then(|text| text.strip_prefix("at ")?.parse().ok());
    place.ok_or_else(|| GraphError::invalid("The cursor is not one of this list."))
}
