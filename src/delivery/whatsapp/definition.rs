//! The authentication template as Meta is asked to make it. Its words are Meta's own, in every
//! language; what is ours to say is how long a code lives and what the button does.

use std::time::Duration;

use serde_json::{Value, json};

/// How long Meta may be told to try a message, in seconds.
const MESSAGE_TTL: (u64, u64) = (30, 900);

/// How long a code may be said to live, in minutes.
const EXPIRY: (u64, u64) = (1, 90);

/// An authentication template in all its languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name at Meta.
    pub name: String,
    /// Its languages as Meta spells them, each once.
    pub languages: Vec<String>,
    /// How long a code works: told in the message, after which the button no longer does.
    pub code_ttl: Duration,
    /// How long Meta tries to deliver a message; what lies outside Meta's bounds is moved to them.
    pub message_ttl: Duration,
    /// What the button does.
    pub button: Button,
}

/// What the button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// Copies the code.
    CopyCode,
    /// Opens the app and fills the code in.
    OneTap(Vec<App>),
    /// The app gets the code without a tap. Whoever says so has accepted Meta's terms for it.
    ZeroTap(Vec<App>),
}

/// An Android app that a code is filled into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its package name.
    pub package_name: String,
    /// The 11 characters of its signing key's hash.
    pub signature_hash: String,
}

impl Definition {
    /// How long Meta tries to deliver a message, within Meta's bounds.
    pub fn message_ttl_seconds(&self) -> u64 {
        self.message_ttl.as_secs().clamp(MESSAGE_TTL.0, MESSAGE_TTL.1)
    }

    /// For all languages at once.
    pub fn in_all_languages(&self) -> Value {
        let mut body = self.common();
        body["languages"] = json!(self.languages);
        body
    }

    /// For one language.
    pub fn in_language(&self, language: &str) -> Value {
        let mut body = self.common();
        body["language"] = json!(language);
        body
    }

    fn common(&self) -> Value {
        json!({
            "name": self.name,
            "category": "AUTHENTICATION",
            "message_send_ttl_seconds": self.message_ttl_seconds(),
            "components": self.components(),
        })
    }

    /// What the message is made of. Without words of its own a button says what Meta chose for the
    /// language.
    pub fn components(&self) -> Value {
        // Whole minutes, rounded down: the message shall not promise what the code does not keep.
        let minutes = (self.code_ttl.as_secs() / 60).clamp(EXPIRY.0, EXPIRY.1);
        json!([
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": minutes },
            { "type": "BUTTONS", "buttons": [self.button.body()] },
        ])
    }
}

impl Button {
    fn body(&self) -> Value {
        let button = |kind| json!({ "type": "OTP", "otp_type": kind });
        let for_apps = |kind, apps: &[App]| {
            let mut body = button(kind);
            body["supported_apps"] = apps.iter().map(App::body).collect();
            body
        };
        match self {
            Self::CopyCode => button("COPY_CODE"),
            Self::OneTap(apps) => for_apps("ONE_TAP", apps),
            Self::ZeroTap(apps) => {
                let mut body = for_apps("ZERO_TAP", apps);
                body["zero_tap_terms_accepted"] = json!(true);
                body
            }
        }
    }
}

impl App {
    fn body(&self) -> Value {
        json!({ "package_name": self.package_name, "signature_hash": self.signature_hash })
    }
}

/// What to see to if Meta still tries a message after its fallback has gone out; `None` if it does
/// not. `ttl` and `fallback` are in seconds.
pub fn overlap(ttl: u64, fallback: Option<Duration>) -> Option<String> {
    let wait = fallback?.as_secs();
    let least = MESSAGE_TTL.0;
    let remedy = if wait < least {
        format!("raise delivery.undelivered to \"{least}s\", the least that Meta takes")
    } else {
        format!("set whatsapp.template.message_ttl = \"{wait}s\" and run `pombo templates push`")
    };
    (ttl > wait).then(|| {
        format!(
            "Meta tries a message for {ttl} s and the fallback goes out after {wait} s, so one person \
             may get both (each code works); {remedy}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(button: Button) -> Definition {
        Definition {
            name: "verification_code".to_owned(),
            languages: vec!["pt_BR".to_owned(), "en_US".to_owned()],
            code_ttl: Duration::from_secs(299),
            message_ttl: Duration::from_secs(20),
            button,
        }
    }

    fn app() -> App {
        App { package_name: "com.example.app".to_owned(), signature_hash: "K8a/AINcGX7".to_owned() }
    }

    #[test]
    fn all_languages_go_in_one_body_and_one_goes_in_its_own() {
        let components = json!([
            { "type": "BODY", "add_security_recommendation": true },
            { "type": "FOOTER", "code_expiration_minutes": 4 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] },
        ]);
        let whole = json!({
            "name": "verification_code", "languages": ["pt_BR", "en_US"],
            "category": "AUTHENTICATION", "message_send_ttl_seconds": 30,
            "components": components,
        });
        assert_eq!(definition(Button::CopyCode).in_all_languages(), whole);
        let one = json!({
            "name": "verification_code", "language": "en_US",
            "category": "AUTHENTICATION", "message_send_ttl_seconds": 30,
            "components": components,
        });
        assert_eq!(definition(Button::CopyCode).in_language("en_US"), one);
    }

    #[test]
    fn a_button_that_fills_in_names_its_apps_and_terms_are_accepted_for_zero_tap_only() {
        let apps = json!([{ "package_name": "com.example.app", "signature_hash": "K8a/AINcGX7" }]);
        for (button, body) in [
            (
                Button::OneTap(vec![app()]),
                json!({ "type": "OTP", "otp_type": "ONE_TAP", "supported_apps": apps }),
            ),
            (
                Button::ZeroTap(vec![app()]),
                json!({
                    "type": "OTP", "otp_type": "ZERO_TAP", "supported_apps": apps,
                    "zero_tap_terms_accepted": true,
                }),
            ),
        ] {
            assert_eq!(definition(button).components()[2]["buttons"], json!([body]));
        }
    }

    #[test]
    fn durations_stay_within_metas_bounds() {
        for (code, minutes) in [(1, 1), (60, 1), (600, 10), (90_000, 90)] {
            let code_ttl = Duration::from_secs(code);
            let components = Definition { code_ttl, ..definition(Button::CopyCode) }.components();
            assert_eq!(components[1]["code_expiration_minutes"], minutes, "{code}");
        }
        for (message, seconds) in [(0, 30), (30, 30), (45, 45), (5_000, 900)] {
            let message_ttl = Duration::from_secs(message);
            let definition = Definition { message_ttl, ..definition(Button::CopyCode) };
            assert_eq!(definition.message_ttl_seconds(), seconds, "{message}");
        }
    }

    #[test]
    fn a_message_that_outlives_its_fallback_is_told_with_a_remedy_that_helps() {
        let wait = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(overlap(30, None), None);
        assert_eq!(overlap(30, wait(30)), None);
        assert!(overlap(30, wait(20)).unwrap().contains("delivery.undelivered to \"30s\""));
        assert!(overlap(600, wait(45)).unwrap().contains("message_ttl = \"45s\""));
    }
}
