//! The body that creates a template: in one language, or in many at once.
//!
//! Only authentication templates exist here. Their text is Meta's own, so none is given; the words of
//! enumerations may be written in either case.

use serde_json::Value;

use super::{
    super::{error::GraphError, fields::Fields},
    button::Button,
    languages,
};

const LONGEST_NAME: usize = 512;
const CODE_MINUTES: std::ops::RangeInclusive<i64> = 1..=90;
const SEND_SECONDS: std::ops::RangeInclusive<i64> = 30..=900;
/// Thirty days, in Meta's spelling.
const LONGEST_SEND: i64 = -1;

/// A good draft.
pub(super) struct Draft {
    pub name: String,
    pub languages: Vec<String>,
    pub send_seconds: Option<i64>,
    pub security_hint: Option<bool>,
    pub code_minutes: Option<i64>,
    pub button: Button,
}

impl Draft {
    /// A draft in the one `language`.
    pub fn single(body: &Value) -> Result<Self, GraphError> {
        Self::read(body, "language", |fields| Ok(vec![fields.text("language")?.to_owned()]))
    }

    /// A draft in all of `languages`.
    pub fn bulk(body: &Value) -> Result<Self, GraphError> {
        Self::read(body, "languages", many)
    }

    fn read(
        body: &Value,
        languages_key: &str,
        languages: impl Fn(&Fields) -> Result<Vec<String>, GraphError>,
    ) -> Result<Self, GraphError> {
        let known = ["name", languages_key, "category", "components", "message_send_ttl_seconds"];
        let fields = Fields::read(body, "template", &known)?;
        let name = name(&fields)?;
        let languages = languages(&fields)?;
        if let Some(stranger) = languages.iter().find(|code| !languages::known(code)) {
            let rule = format!("has a value that is not supported: {stranger}");
            return Err(fields.not_valid(languages_key, &rule));
        }
        if !fields.text("category")?.eq_ignore_ascii_case("authentication") {
            return Err(fields.not_valid("category", "must be AUTHENTICATION"));
        }
        let send_seconds = send_seconds(&fields)?;
        let parts = Parts::read(fields.list("components")?)?;
        let button = Button::read(parts.button()?, languages_key == "languages")?;
        let security_hint = parts.security_hint()?;
        let code_minutes = parts.code_minutes()?;
        Ok(Self { name, languages, send_seconds, security_hint, code_minutes, button })
    }
}

fn name(fields: &Fields) -> Result<String, GraphError> {
    let name = fields.text("name")?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
        let rule = "must have 1 to 512 characters of a-z, 0-9 and _";
        return Err(fields.not_valid("name", rule));
    }
    Ok(name.to_owned())
}

fn many(fields: &Fields) -> Result<Vec<String>, GraphError> {
    let list = fields.list("languages")?;
    let codes: Option<Vec<String>> =
        list.iter().map(|code| code.as_str().map(str::to_owned)).collect();
    let codes = codes.unwrap_or_default();
    let twice = (1..codes.len()).any(|i| codes[..i].contains(&codes[i]));
    if codes.is_empty() || twice {
        return Err(fields.not_valid("languages", "must be an array of different language codes"));
    }
    Ok(codes)
}

fn send_seconds(fields: &Fields) -> Result<Option<i64>, GraphError> {
    let key = "message_send_ttl_seconds";
    match fields.optional_integer(key)? {
        Some(ttl) if ttl != LONGEST_SEND && !SEND_SECONDS.contains(&ttl) => {
            Err(fields.not_valid(key, "must be from 30 to 900, or -1"))
        }
        ttl => Ok(ttl),
    }
}

/// The components by their type.
#[derive(Default)]
struct Parts<'a> {
    body: Option<&'a Value>,
    footer: Option<&'a Value>,
    buttons: Option<&'a Value>,
}

impl<'a> Parts<'a> {
    fn read(components: &'a [Value]) -> Result<Self, GraphError> {
        let mut parts = Self::default();
        for component in components {
            let kind = component.get("type").and_then(Value::as_str).unwrap_or_default();
            let slot = match kind.to_ascii_lowercase().as_str() {
                "body" => &mut parts.body,
                "footer" => &mut parts.footer,
                "buttons" => &mut parts.buttons,
                _ => {
                    let rule = "An authentication template has a BODY, a FOOTER and BUTTONS only.";
                    return Err(GraphError::invalid(rule));
                }
            };
            if slot.replace(component).is_some() {
                return Err(GraphError::invalid("A component is given twice."));
            }
        }
        Ok(parts)
    }

    fn security_hint(&self) -> Result<Option<bool>, GraphError> {
        let missing = || GraphError::invalid("The component BODY is required.");
        let known = ["type", "add_security_recommendation"];
        let body = Fields::read(self.body.ok_or_else(missing)?, "body", &known)?;
        body.optional_flag("add_security_recommendation")
    }

    fn code_minutes(&self) -> Result<Option<i64>, GraphError> {
        let Some(footer) = self.footer else {
            return Ok(None);
        };
        let key = "code_expiration_minutes";
        let footer = Fields::read(footer, "footer", &["type", key])?;
        match footer.optional_integer(key)? {
            Some(minutes) if !CODE_MINUTES.contains(&minutes) => {
                Err(footer.not_valid(key, "must be from 1 to 90"))
            }
            minutes => Ok(minutes),
        }
    }

    fn button(&self) -> Result<&'a Value, GraphError> {
        let missing = || GraphError::invalid("The component BUTTONS is required.");
        let buttons =
            Fields::read(self.buttons.ok_or_else(missing)?, "buttons", &["type", "buttons"])?;
        match buttons.list("buttons")? {
            [button] => Ok(button),
            _ => Err(buttons.not_valid("buttons", "must have exactly one entry")),
        }
    }
}
