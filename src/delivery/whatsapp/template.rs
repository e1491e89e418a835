//! The message: a template that Meta has approved, with the code filled in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::delivery::{Message, language};

/// The approved authentication template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its name at Meta.
    pub name: String,
    /// Meta's code of the language that everybody gets whose own is not in `languages`.
    pub language: String,
    /// Meta's codes of the approved languages, by BCP 47 tag (`en`, `pt-BR`).
    pub languages: BTreeMap<String, String>,
}

impl Template {
    /// Meta's language code for a recipient's language.
    pub fn language_for(&self, asked: &str) -> &str {
        language::choose(&self.languages, asked).unwrap_or(&self.language)
    }

    /// Every approved language, the nearest to a recipient's first.
    pub fn languages_for(&self, asked: &str) -> Vec<String> {
        let nearest = [self.language_for(asked), &self.language];
        let mut languages: Vec<&str> = Vec::new();
        for language in nearest.into_iter().chain(self.languages.values().map(String::as_str)) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages.into_iter().map(str::to_owned).collect()
    }

    /// The body of a send. The code stands in it twice: as text and under the button, whose type is
    /// `url` for every kind of OTP button once the template exists.
    pub fn body(&self, message: &Message) -> Value {
        let code = json!([{ "type": "text", "text": message.code.digits() }]);
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to.e164().trim_start_matches('+'),
            "type": "template",
            "biz_opaque_callback_data": message.delivery.to_string(),
            "template": {
                "name": self.name,
                "language": { "code": message.template },
                "components": [
                    { "type": "body", "parameters": code },
                    { "type": "button", "sub_type": "url", "index": "0", "parameters": code },
                ],
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(languages: &[(&str, &str)]) -> Template {
        let languages = languages.iter().map(|&(tag, code)| (tag.to_owned(), code.to_owned()));
        Template {
            name: "verification_code".to_owned(),
            language: "pt_BR".to_owned(),
            languages: languages.collect(),
        }
    }

    #[test]
    fn a_language_without_a_template_gets_the_default() {
        let template = template(&[("en", "en_US")]);
        assert_eq!(template.language_for("en-GB"), "en_US");
        assert_eq!(template.language_for("de"), "pt_BR");
        assert_eq!(template.language_for(""), "pt_BR");
        assert_eq!(template.languages_for("en-GB"), ["en_US", "pt_BR"]);
        assert_eq!(template.languages_for("de"), ["pt_BR", "en_US"]);
    }

    #[test]
    fn the_nearest_approved_language_is_taken() {
        let near = template(&[("es-mx", "es_MX"), ("fil", "fil"), ("pt-br", "pt_BR")]);
        for (asked, code) in
            [("es-MX", "es_MX"), ("es-AR", "es_MX"), ("es", "es_MX"), ("tl-PH", "fil")]
        {
            assert_eq!(near.language_for(asked), code, "{asked}");
        }
        let default = Template { language: "en_US".to_owned(), ..near };
        assert_eq!(default.language_for("pt-PT"), "pt_BR");
        assert_eq!(default.language_for("zh-Hant"), "en_US");
    }
}
