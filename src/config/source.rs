//! Where values come from: the file and, over it, the environment, both laid out flat.
//!
//! A table's keys, and the numbers of an array of tables, become parts of a dotted path
//! (`callers.0.name`); what stands at a path is text. So `POMBO_CALLERS__0__NAME` and
//! `callers = [{ name = … }]` say the same.

use std::{collections::BTreeMap, ffi::OsString};

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::error::Errors;

const PREFIX: &str = "POMBO_";

/// What stands at a path. It may be a secret, so it is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One value.
    Text(Zeroizing<String>),
    /// An array of values.
    List(Vec<Zeroizing<String>>),
    /// A table or an array with nothing in it.
    Empty,
}

/// A value and, if it came from there, its variable in the environment.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) shape: Shape,
    pub(super) variable: Option<String>,
}

/// Everything that was said, by path.
pub(super) type Entries = BTreeMap<String, Entry>;

/// Lays a table or an array of tables out below `path`; what already stands there stays.
pub(super) fn lay_out(entries: &mut Entries, path: &str, value: Value, variable: Option<&str>) {
    let below: Vec<(String, Value)> = match value {
        Value::Table(table) if !table.is_empty() => table.into_iter().collect(),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            let numbered = items.into_iter().enumerate();
            numbered.map(|(number, item)| (number.to_string(), item)).collect()
        }
        leaf => {
            let variable = variable.map(str::to_owned);
            entries.entry(path.to_owned()).or_insert(Entry { shape: shape(leaf), variable });
            return;
        }
    };
    for (name, value) in below {
        lay_out(entries, &joined(path, &name), value, variable);
    }
}

fn shape(leaf: Value) -> Shape {
    match leaf {
        Value::Table(_) => Shape::Empty,
        Value::Array(items) if items.is_empty() => Shape::Empty,
        Value::Array(items) => Shape::List(items.into_iter().map(text).collect()),
        other => Shape::Text(text(other)),
    }
}

fn text(value: Value) -> Zeroizing<String> {
    Zeroizing::new(match value {
        Value::String(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        // No kind accepts it, so the list that holds it is refused.
        Value::Array(_) | Value::Table(_) => "[…]".to_owned(),
    })
}

/// A name with a dot in it is no path.
fn joined(path: &str, name: &str) -> String {
    let quoted = if name.contains('.') { format!("{name:?}") } else { name.to_owned() };
    if path.is_empty() { quoted } else { format!("{path}.{quoted}") }
}

/// Lays the environment over the file: a variable replaces whatever the file says at its path.
pub(super) fn lay_over(
    entries: &mut Entries,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    errors: &mut Errors,
) {
    // Sorted, so that POMBO_CALLERS comes before POMBO_CALLERS__0__NAME and does not undo it.
    let ours: BTreeMap<_, _> = environment.into_iter().filter_map(ours).collect();
    for (path, (variable, value)) in ours {
        let Ok(value) = value.into_string() else {
            errors.add(&path, format!("must be UTF-8 (it comes from {variable})"));
            continue;
        };
        let below = format!("{path}.");
        entries.retain(|known, entry| {
            *known != path && (!known.starts_with(&below) || entry.variable.is_some())
        });
        entries.insert(path, Entry { shape: Shape::Text(value.into()), variable: Some(variable) });
    }
}

/// `POMBO_WHATSAPP__CLOUD__RATE` is `whatsapp.cloud.rate`.
fn ours((variable, value): (OsString, OsString)) -> Option<(String, (String, OsString))> {
    let variable = variable.to_string_lossy().into_owned();
    let name = variable.strip_prefix(PREFIX).filter(|name| !is_service_link(name))?;
    let path = name.to_ascii_lowercase().replace("__", ".");
    Some((path, (variable, value)))
}

/// Kubernetes gives every container `POMBO_SERVICE_HOST`, `POMBO_PORT_50051_TCP_ADDR` and their
/// like as soon as a service called pombo stands in its namespace. Nobody wrote those for us, and
/// no key of ours looks like them.
fn is_service_link(name: &str) -> bool {
    let starts = |with: &str| name == with || name.starts_with(&format!("{with}_"));
    let ours = name.contains("__");
    !ours && (name.ends_with("SERVICE_HOST") || starts("SERVICE_PORT") || starts("PORT"))
}

/// Reads a file's text. The sentence of an error tells the line and never shows it: there may be a
/// secret on it.
pub(super) fn parse(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.bytes().take(start).filter(|&byte| byte == b'\n').count();
        let message = error.message().lines().next().unwrap_or_default();
        format!("is not TOML: {message} (line {line})")
    })
}
