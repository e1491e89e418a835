//! Drafts of templates, and what is done with them.

use pombo::simulator::TemplateStatus;
use serde_json::{Value, json};

use super::rig::{Answer, Rig, asking};

/// The WhatsApp Business Account of the default settings.
pub const ACCOUNT: &str = "102290129340398";

/// A good draft in one language, with a button that copies.
pub fn copy_code() -> Value {
    json!({
        "name": "login_code",
        "language": "en_US",
        "category": "authentication",
        "message_send_ttl_seconds": 60,
        "components": [
            { "type": "body", "add_security_recommendation": true },
            { "type": "footer", "code_expiration_minutes": 5 },
            { "type": "buttons", "buttons": [
                { "type": "otp", "otp_type": "copy_code", "text": "Copy code" },
            ] },
        ],
    })
}

/// The documented zero-tap draft.
pub fn zero_tap() -> Value {
    let mut draft = copy_code();
    draft["components"][2]["buttons"][0] = json!({
        "type": "otp",
        "otp_type": "zero_tap",
        "text": "Copy Code",
        "autofill_text": "Autofill",
        "zero_tap_terms_accepted": true,
        "supported_apps": [
            { "package_name": "com.example.luckyshrub", "signature_hash": "K8a/AINcGX7" },
        ],
    });
    draft
}

/// A good draft in three languages at once.
pub fn bulk() -> Value {
    let mut draft = copy_code();
    draft.as_object_mut().unwrap().remove("language");
    draft["languages"] = json!(["en_US", "es_ES", "fr"]);
    draft["components"][2]["buttons"][0].as_object_mut().unwrap().remove("text");
    draft
}

/// A draft with one place changed, by JSON pointer; `null` takes it away.
pub fn with(mut draft: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = draft.pointer_mut(parent).unwrap();
    match value {
        Value::Null => drop(parent.as_object_mut().unwrap().remove(key).unwrap()),
        value => parent[key] = value,
    }
    draft
}

impl Rig {
    pub async fn create(&self, draft: &Value) -> Answer {
        let path = format!("{ACCOUNT}/message_templates");
        self.answer(self.graph("POST", &path).json(draft)).await
    }

    pub async fn upsert(&self, draft: &Value) -> Answer {
        let path = format!("{ACCOUNT}/upsert_message_templates");
        self.answer(self.graph("POST", &path).json(draft)).await
    }

    pub async fn templates(&self, query: &[(&str, &str)]) -> Answer {
        let path = format!("{ACCOUNT}/message_templates");
        self.answer(self.graph("GET", &asking(&path, query))).await
    }

    /// The state in which a read shows one template.
    pub async fn template_status(&self, name: &str, language: &str) -> Value {
        let found = self.templates(&[("name", name), ("language", language)]).await;
        found.body["data"][0]["status"].clone()
    }

    pub fn settle(&self, status: TemplateStatus) {
        self.simulator.set_template_status("verification_code", "pt_BR", status);
    }
}
