//! The parameters of an authentication template: the same code, once for the text that a person reads
//! and once for the button that copies it.

use serde_json::Value;

use super::{error::GraphError, fields::Fields};

const WRONG_COUNT: u32 = 132_000;
const WRONG_FORMAT: u32 = 132_012;
const DOES_NOT_FIT: u32 = 132_018;
const MISSING: u32 = 131_008;

/// Meta's limit for a one-time code, in characters.
const LONGEST_CODE: usize = 15;

/// The code that both components carry.
///
/// That they must be equal is inferred: Meta's pages only say that the code stands in both. A button
/// that copies something else than the text shows has to be a mistake, so it is refused (132018).
pub(super) fn code(components: &[Value]) -> Result<String, GraphError> {
    let (mut body, mut button) = (None, None);
    for component in components {
        match component.get("type").and_then(Value::as_str) {
            Some("body") => place(&mut body, body_parameter(component)?)?,
            Some("button") => place(&mut button, button_parameter(component)?)?,
            _ => {
                return Err(misfit("The template has a body and one button, nothing else."));
            }
        }
    }
    match (body, button) {
        (Some(shown), Some(copied)) if shown == copied => Ok(shown.to_owned()),
        (Some(_), Some(_)) => Err(misfit("The body and the button must carry the same code.")),
        (None, _) => Err(count("body", 0)),
        (_, None) => Err(count("button", 0)),
    }
}

fn place<'a>(slot: &mut Option<&'a str>, code: &'a str) -> Result<(), GraphError> {
    match slot.replace(code) {
        None => Ok(()),
        Some(_) => Err(misfit("A component is given twice.")),
    }
}

fn body_parameter(component: &Value) -> Result<&str, GraphError> {
    let body = Fields::read(component, "body", &["type", "parameters"])?;
    only_parameter(&body, "body")
}

fn button_parameter(component: &Value) -> Result<&str, GraphError> {
    let known = ["type", "sub_type", "index", "parameters"];
    let button = Fields::read(component, "button", &known)?;
    // Created as an `otp` button, it is kept and addressed as a `url` button.
    if button.text("sub_type")? != "url" {
        return Err(misfit("The button at index 0 is of type url."));
    }
    if button.text("index")? != "0" {
        return Err(misfit("The template has one button, at index \"0\"."));
    }
    only_parameter(&button, "button")
}

fn only_parameter<'a>(component: &Fields<'a>, name: &str) -> Result<&'a str, GraphError> {
    let parameters = if component.has("parameters") { component.list("parameters")? } else { &[] };
    match parameters {
        [parameter] => text(parameter),
        others => Err(count(name, others.len())),
    }
}

fn text(parameter: &Value) -> Result<&str, GraphError> {
    let parameter = Fields::read(parameter, "parameter", &["type", "text"])?;
    if parameter.text("type")? != "text" {
        let detail = "The template takes parameters of type text.";
        return Err(GraphError::detailed(WRONG_FORMAT, detail));
    }
    let text = parameter.text("text")?;
    if text.is_empty() {
        let detail = "Parameter of type text is missing text value.";
        return Err(GraphError::detailed(MISSING, detail));
    }
    if text.chars().count() > LONGEST_CODE {
        return Err(GraphError::invalid("The code must be at most 15 characters long."));
    }
    plain(text)
}

/// No link, no emoji, no control character. Meta's pages forbid the first two without naming the code.
pub(super) fn plain(text: &str) -> Result<&str, GraphError> {
    if text.chars().any(char::is_control) || text.contains("     ") {
        let detail = "Param text cannot have new-line/tab characters or more than 4 spaces.";
        return Err(misfit(detail));
    }
    if text.chars().any(is_emoji) || is_link(text) {
        let detail = "Links and emoji are not allowed in an authentication template.";
        return Err(GraphError::detailed(WRONG_FORMAT, detail));
    }
    Ok(text)
}

/// The blocks that hold pictographs, and the marks that turn a plain character into one.
fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x20E3 | 0xFE0F)
}

/// A scheme, a `www.`, or two words joined by a dot of which the second could be a top-level domain.
fn is_link(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let domain = host.rsplit_once('.').is_some_and(|(name, top)| {
        name.ends_with(|c: char| c.is_ascii_alphanumeric())
            && top.len() >= 2
            && top.bytes().all(|b| b.is_ascii_lowercase())
    });
    text.contains("://") || text.starts_with("www.") || domain
}

fn misfit(detail: &str) -> GraphError {
    GraphError::detailed(DOES_NOT_FIT, detail)
}

fn count(component: &str, found: usize) -> GraphError {
    let detail = format!(
        "{component}: number of localizable_params ({found}) does not match the expected number of \
         params (1)"
    );
    GraphError::detailed(WRONG_COUNT, &detail)
}
