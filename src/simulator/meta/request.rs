//! The body of a send: everything that must hold before anybody looks at the recipient.
//!
//! Codes follow Meta's list: 100 for what it does not know or what is too long, 131008 for what is
//! missing, 131009 for a value out of bounds, 132xxx for what does not fit the template.

use serde_json::Value;

use super::{content, error::GraphError, fields::Fields, templates::TemplateStatus};
use crate::simulator::{number, settings::MetaAccount};

const SENDER_IS_RECIPIENT: u32 = 131_021;
const UNSUPPORTED_TYPE: u32 = 131_051;
const NO_BSUID_HERE: u32 = 131_062;
const NO_SUCH_TEMPLATE: u32 = 132_001;
const PAUSED: u32 = 132_015;
const DISABLED: u32 = 132_016;

/// Other sources say 512; this is the bound that all of them allow.
const LONGEST_REFERENCE: usize = 256;

const MESSAGE: &[&str] = &[
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "template",
    "biz_opaque_callback_data",
    "recipient_identity_key_hash",
];

/// A good authentication message.
pub(crate) struct Otp {
    /// The recipient with its `+`.
    pub to: String,
    /// The recipient as the sender wrote it, which the answer repeats.
    pub input: String,
    pub code: String,
    /// `biz_opaque_callback_data`, which every status carries back.
    pub reference: Option<String>,
}

/// The recipient of a body, however bad the rest of it.
pub(crate) fn recipient(body: &Value) -> Option<String> {
    normal(body.get("to")?.as_str()?)
}

impl Otp {
    /// `state` tells in which state a template is found, if there is one of this name and language.
    pub fn read(
        body: &Value,
        account: &MetaAccount,
        state: impl Fn(&str, &str) -> Option<TemplateStatus>,
    ) -> Result<Self, GraphError> {
        let message = Fields::read(body, "message", MESSAGE)?;
        message.exactly("messaging_product", "whatsapp")?;
        message.exactly("recipient_type", "individual")?;
        kind(&message)?;
        let (input, to) = addressee(&message, account)?;
        let reference = reference(&message)?;
        no_identity_check(&message)?;
        let code = template(message.required("template")?, state)?;
        Ok(Self { to, input, code, reference })
    }
}

/// Free-form messages need an open service window, which nobody here ever opens.
fn kind(message: &Fields) -> Result<(), GraphError> {
    match message.text("type")? {
        "template" => Ok(()),
        _ => Err(GraphError::detailed(UNSUPPORTED_TYPE, "Only templates are sent here.")),
    }
}

fn addressee(message: &Fields, account: &MetaAccount) -> Result<(String, String), GraphError> {
    // A business-scoped user id is no address for an authentication template.
    if message.has("recipient") && !message.has("to") {
        return Err(GraphError::known(NO_BSUID_HERE));
    }
    let input = message.text("to")?;
    let to = normal(input)
        .ok_or_else(|| message.not_valid("to", "must be a phone number with its country code"))?;
    if to.strip_prefix('+') == Some(account.display_number.as_str()) {
        return Err(GraphError::known(SENDER_IS_RECIPIENT));
    }
    Ok((input.to_owned(), to))
}

fn normal(to: &str) -> Option<String> {
    let digits = to.strip_prefix('+').unwrap_or(to);
    number::plausible(digits).then(|| format!("+{digits}"))
}

fn reference(message: &Fields) -> Result<Option<String>, GraphError> {
    match message.optional_text("biz_opaque_callback_data")? {
        Some(data) if data.chars().count() > LONGEST_REFERENCE => Err(GraphError::invalid(
            "The parameter biz_opaque_callback_data must be at most 256 characters long.",
        )),
        data => Ok(data.map(str::to_owned)),
    }
}

/// The number has not switched on the identity change check, so there is nothing to compare with; to
/// take the hash and ignore it would promise a protection that is not there.
fn no_identity_check(message: &Fields) -> Result<(), GraphError> {
    if message.has("recipient_identity_key_hash") {
        return Err(GraphError::invalid(
            "The identity change check is not enabled for this phone number.",
        ));
    }
    Ok(())
}

fn template(
    value: &Value,
    state: impl Fn(&str, &str) -> Option<TemplateStatus>,
) -> Result<String, GraphError> {
    let template = Fields::read(value, "template", &["name", "language", "components"])?;
    let name = template.text("name")?;
    let language = language(template.required("language")?)?;
    usable(state(name, language), name, language)?;
    // Without components no parameter is given at all, which is a mismatch of their number.
    let components = if template.has("components") { template.list("components")? } else { &[] };
    content::code(components)
}

/// A template that waits for its review, or was rejected, is to a sender as if it did not exist.
fn usable(state: Option<TemplateStatus>, name: &str, language: &str) -> Result<(), GraphError> {
    match state {
        Some(TemplateStatus::Approved) => Ok(()),
        Some(TemplateStatus::Paused) => Err(GraphError::known(PAUSED)),
        Some(TemplateStatus::Disabled) => Err(GraphError::known(DISABLED)),
        _ => {
            let detail = format!("template name ({name}) does not exist in {language}");
            Err(GraphError::detailed(NO_SUCH_TEMPLATE, &detail))
        }
    }
}

fn language(value: &Value) -> Result<&str, GraphError> {
    let language = Fields::read(value, "language", &["code", "policy"])?;
    if language.has("policy") {
        language.exactly("policy", "deterministic")?;
    }
    language.text("code")
}
