//! A template as a read shows it: with Meta's own text in place of the draft's switches.
//!
//! In life the text is in the template's language; here it is English throughout.

use serde_json::{Value, json};

use super::{button::Otp, draft::Draft};

/// What a draft becomes.
pub(super) fn components(draft: &Draft) -> Value {
    let label = draft.button.text.as_deref();
    shown(draft.button.otp, label, draft.security_hint, draft.code_minutes)
}

/// The simplest of all: a button that copies.
pub(super) fn copy_code() -> Value {
    shown(Otp::CopyCode, None, None, None)
}

fn shown(otp: Otp, label: Option<&str>, hint: Option<bool>, minutes: Option<i64>) -> Value {
    let mut components = vec![body(hint)];
    if let Some(minutes) = minutes {
        let text = format!("This code expires in {minutes} minutes.");
        let footer = json!({ "type": "FOOTER", "text": text, "code_expiration_minutes": minutes });
        components.push(footer);
    }
    components.push(buttons(otp, label, minutes));
    components.into()
}

fn body(hint: Option<bool>) -> Value {
    let mut text = String::from("*{{1}}* is your verification code.");
    if hint == Some(true) {
        text.push_str(" For your security, do not share this code.");
    }
    let mut body = json!({
        "type": "BODY",
        "text": text,
        "example": { "body_text": [["123456"]] },
    });
    if let Some(hint) = hint {
        body["add_security_recommendation"] = json!(hint);
    }
    body
}

/// Created as an `otp` button, it is kept as a `url` button.
fn buttons(otp: Otp, label: Option<&str>, minutes: Option<i64>) -> Value {
    let expiry = minutes.map(|m| format!("&code_expiration_minutes={m}")).unwrap_or_default();
    let url = format!("https://www.whatsapp.com/otp/code/?otp_type={}{expiry}", otp.word());
    json!({
        "type": "BUTTONS",
        "buttons": [{
            "type": "URL",
            "text": label.unwrap_or("Copy code"),
            "url": format!("{url}&code=otp{{{{1}}}}"),
            "example": [format!("{url}&code=otp123456")],
        }],
    })
}
