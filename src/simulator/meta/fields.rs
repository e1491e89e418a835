//! A JSON object read as strictly as Graph reads its parameters: a name it does not know is an error.

use serde_json::{Map, Value};

use super::error::GraphError;

const MISSING: u32 = 131_008;
const NOT_VALID: u32 = 131_009;

pub(super) struct Fields<'a> {
    /// The object's own name, for the error's details.
    name: &'static str,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub fn read(value: &'a Value, name: &'static str, known: &[&str]) -> Result<Self, GraphError> {
        let map = value.as_object().ok_or_else(|| not_valid(name, "must be an object"))?;
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                let detail = format!("Unexpected key \"{key}\" on param \"{name}\".");
                Err(GraphError::invalid(&detail))
            }
            None => Ok(Self { name, map }),
        }
    }

    pub fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    pub fn required(&self, key: &str) -> Result<&'a Value, GraphError> {
        self.map.get(key).filter(|value| !value.is_null()).ok_or_else(|| {
            let detail = format!("The parameter {}.{key} is required.", self.name);
            GraphError::detailed(MISSING, &detail)
        })
    }

    pub fn text(&self, key: &str) -> Result<&'a str, GraphError> {
        self.required(key)?.as_str().ok_or_else(|| self.not_valid(key, "must be a string"))
    }

    pub fn optional_text(&self, key: &str) -> Result<Option<&'a str>, GraphError> {
        if self.has(key) { self.text(key).map(Some) } else { Ok(None) }
    }

    pub fn optional_flag(&self, key: &str) -> Result<Option<bool>, GraphError> {
        let Some(value) = self.map.get(key).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let flag = value.as_bool().ok_or_else(|| self.not_valid(key, "must be true or false"))?;
        Ok(Some(flag))
    }

    pub fn optional_integer(&self, key: &str) -> Result<Option<i64>, GraphError> {
        let Some(value) = self.map.get(key).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let integer = value.as_i64().ok_or_else(|| self.not_valid(key, "must be an integer"))?;
        Ok(Some(integer))
    }

    pub fn exactly(&self, key: &str, wanted: &str) -> Result<(), GraphError> {
        if self.text(key)? == wanted {
            return Ok(());
        }
        Err(self.not_valid(key, &format!("must be \"{wanted}\"")))
    }

    pub fn list(&self, key: &str) -> Result<&'a [Value], GraphError> {
        let list = self.required(key)?.as_array();
        list.map(Vec::as_slice).ok_or_else(|| self.not_valid(key, "must be an array"))
    }

    pub fn not_valid(&self, key: &str, rule: &str) -> GraphError {
        not_valid(&format!("{}.{key}", self.name), rule)
    }
}

fn not_valid(name: &str, rule: &str) -> GraphError {
    GraphError::detailed(NOT_VALID, &format!("The parameter {name} {rule}."))
}
