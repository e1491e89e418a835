//! `GET /{version}/{phone number id}`: what Meta tells of the number that sends.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{cloud::Cloud, error::GraphError, query::Query};
use crate::simulator::settings::MetaAccount;

const NODE: &str = "WhatsAppBusinessPhoneNumber";

/// Shown when nothing else is asked for.
const USUAL: &[&str] = &[
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
];

pub(super) async fn show(
    State(cloud): State<Arc<Cloud>>,
    Path((version, object)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, GraphError> {
    let account = &cloud.world.settings.meta;
    cloud.may_manage(&headers, "get", (&version, &object), &account.phone_number_id)?;
    let query = Query::read(query, &["fields"])?;
    Ok(Json(query.select(&number(account), USUAL, NODE)?))
}

fn number(account: &MetaAccount) -> Value {
    let phone = &account.phone;
    json!({
        "id": account.phone_number_id,
        "display_phone_number": format!("+{}", account.display_number),
        "verified_name": phone.verified_name,
        "quality_rating": phone.quality_rating,
        "status": phone.status,
        "code_verification_status": phone.code_verification_status,
        "name_status": phone.name_status,
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "throughput": { "level": "STANDARD" },
        "is_official_business_account": false,
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    })
}
