//! Members of a request, held to the shapes that the services' models give them.

use serde_json::{Map, Value};

/// What a string must be: its length in characters, and its characters.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub min: usize,
    pub max: usize,
    pub fits: fn(&str) -> bool,
}

/// A member that is not what its shape says.
#[derive(Debug)]
pub(super) struct Misfit {
    pub member: String,
    pub problem: String,
}

impl Misfit {
    pub fn new(member: &str, problem: impl Into<String>) -> Self {
        Self { member: member.into(), problem: problem.into() }
    }
}

pub(super) struct Members<'a>(pub &'a Map<String, Value>);

impl<'a> Members<'a> {
    /// The model's members and no other: a service might overlook a misspelt one, and so would everybody.
    pub fn read(map: &'a Map<String, Value>, known: &[&str]) -> Result<Self, Misfit> {
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Misfit::new(name, "is no member of this request")),
            None => Ok(Self(map)),
        }
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str, shape: Text) -> Result<Option<&'a str>, Misfit> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| Misfit::new(name, "must be a string"))?;
        held(name, text, shape).map(Some)
    }

    pub fn required(&self, name: &str, shape: Text) -> Result<&'a str, Misfit> {
        self.text(name, shape)?.ok_or_else(|| Misfit::new(name, "must not be null"))
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Misfit> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => {
                value.as_bool().map(Some).ok_or_else(|| Misfit::new(name, "must be a boolean"))
            }
        }
    }

    pub fn whole(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, Misfit> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_u64().filter(|number| (min..=max).contains(number));
        let problem = || Misfit::new(name, format!("must be a whole number of {min} to {max}"));
        number.map(Some).ok_or_else(problem)
    }
}

/// The text itself, if it is of that shape.
pub(super) fn held<'a>(name: &str, text: &'a str, shape: Text) -> Result<&'a str, Misfit> {
    let Text { min, max, fits } = shape;
    if !(min..=max).contains(&text.chars().count()) {
        return Err(Misfit::new(name, format!("must have length of {min} to {max}")));
    }
    if !fits(text) {
        return Err(Misfit::new(name, "must satisfy its regular expression pattern"));
    }
    Ok(text)
}
