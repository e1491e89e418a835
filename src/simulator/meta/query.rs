//! The query of a read: filters, and `fields`, the list of what is to be shown.
//!
//! Graph overlooks a parameter that it does not know; here it is refused (100), for a misspelled filter
//! would otherwise go unnoticed.

use serde_json::{Map, Value};

use super::error::GraphError;

pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub fn read(raw: Option<String>, known: &[&str]) -> Result<Self, GraphError> {
        let raw = raw.unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                let details = format!("Unexpected parameter \"{name}\" in the query.");
                Err(GraphError::invalid(&details))
            }
            None => Ok(Self(pairs)),
        }
    }

    /// A parameter's value; one left empty counts as not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same query for what comes after this cursor.
    pub fn after(&self, cursor: &str) -> String {
        let kept = self.0.iter().filter(|(name, _)| name != "after" && name != "before");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).append_pair("after", cursor);
        query.finish()
    }

    /// What `fields` asks for of an object, or else `usual`; `id` always.
    pub fn select(&self, whole: &Value, usual: &[&str], node: &str) -> Result<Value, GraphError> {
        let asked: Vec<&str> = match self.get("fields") {
            Some(fields) => fields.split(',').map(str::trim).collect(),
            None => usual.to_vec(),
        };
        let mut shown = Map::new();
        for field in asked.into_iter().chain(["id"]) {
            let value = whole.get(field);
            let value = value.ok_or_else(|| GraphError::no_such_field(field, node))?;
            shown.insert(field.to_owned(), value.clone());
        }
        Ok(Value::Object(shown))
    }
}
