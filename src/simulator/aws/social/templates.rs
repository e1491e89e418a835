//! Templates by API: made, changed, and looked at.

use std::sync::PoisonError;

use serde_json::{Map, Value, json};

use super::{
    Cloud, Fault, Members, WABA, accounts::owned, blob, book::Key, definition,
    definition::Definition, invalid, unfit,
};
use crate::simulator::aws::shape::Text;

const META_ID: Text = Text { min: 1, max: 100, fits: digits };
const NAME: Text = Text { min: 1, max: 512, fits: |_| true };
const LANGUAGE: Text = Text { min: 1, max: 6, fits: |_| true };

const CHANGE: &[&str] =
    &["id", "metaTemplateId", "templateName", "templateLanguageCode", "templateComponents"];
const LOOK: &[&str] = &["id", "metaTemplateId", "templateName", "templateLanguageCode"];

pub(super) fn create(cloud: &Cloud, body: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(body, &["id", "templateDefinition"])?;
    owned(cloud.account(), members.required("id", WABA)?)?;
    let blob = blob(&members, "templateDefinition", 6_000)?;
    let blob = blob.ok_or_else(|| invalid("The member templateDefinition must not be null."))?;
    let mut book = cloud.templates.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(book.create(Definition::read(&blob)?)?.created())
}

pub(super) fn update(cloud: &Cloud, body: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(body, CHANGE)?;
    owned(cloud.account(), members.required("id", WABA)?)?;
    let components = match blob(&members, "templateComponents", 3_000)? {
        None => None,
        Some(blob) => {
            let value = serde_json::from_slice(&blob);
            let value = value.map_err(|_| unfit("The components are not JSON."))?;
            definition::components(&value)?;
            Some(value)
        }
    };
    let mut book = cloud.templates.lock().unwrap_or_else(PoisonError::into_inner);
    book.change(&key(&members)?, components)?;
    Ok(json!({}))
}

pub(super) fn get(cloud: &Cloud, query: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(query, LOOK)?;
    owned(cloud.account(), members.required("id", WABA)?)?;
    let book = cloud.templates.lock().unwrap_or_else(PoisonError::into_inner);
    let template = book.find(&key(&members)?)?;
    Ok(json!({ "template": template.whole().to_string() }))
}

/// All of them on one page.
pub(super) fn list(cloud: &Cloud, query: &Map<String, Value>) -> Result<Value, Fault> {
    let members = Members::read(query, &["id", "maxResults"])?;
    owned(cloud.account(), members.required("id", WABA)?)?;
    let book = cloud.templates.lock().unwrap_or_else(PoisonError::into_inner);
    let templates: Vec<_> = book.all().iter().map(super::book::Template::summary).collect();
    Ok(json!({ "templates": templates }))
}

fn key<'a>(members: &Members<'a>) -> Result<Key<'a>, Fault> {
    let id = members.text("metaTemplateId", META_ID)?;
    let name = members.text("templateName", NAME)?;
    let language = members.text("templateLanguageCode", LANGUAGE)?;
    if id.is_none() && (name.is_none() || language.is_none()) {
        return Err(unfit("Name a template by its id, or by its name and language."));
    }
    Ok(Key { id, name, language })
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}
