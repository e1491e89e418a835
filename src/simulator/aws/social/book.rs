//! The templates of the WhatsApp business account, and how far Meta is with them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Fault, definition::Definition, missing, unfit};
use crate::simulator::Settings;

/// Meta's limit for one business account.
const MOST: usize = 250;
const CATEGORY: &str = "AUTHENTICATION";

pub(in crate::simulator::aws) struct Book {
    templates: Vec<Template>,
    review: Duration,
}

pub(super) struct Template {
    pub id: String,
    pub name: String,
    pub language: String,
    components: Value,
    /// `None`: it was there before anything else.
    submitted: Option<Instant>,
    review: Duration,
}

/// Which template is meant: by its id, or by name and language.
pub(super) struct Key<'a> {
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
    pub language: Option<&'a str>,
}

impl Book {
    /// With the account's one template, approved in each of its languages.
    pub fn new(settings: &Settings) -> Self {
        let review = settings.aws.template_review;
        let mut book = Self { templates: Vec::new(), review };
        for language in &settings.meta.languages {
            let name = settings.meta.template.clone();
            book.add(name, language.clone(), json!([]), None);
        }
        book
    }

    pub(super) fn create(&mut self, new: Definition) -> Result<&Template, Fault> {
        let Definition { name, language, components } = new;
        let same = |t: &Template| t.name == name && t.language == language;
        if self.templates.iter().any(same) {
            return Err(unfit("A template of this name exists in this language."));
        }
        if self.templates.len() == MOST {
            return Err(unfit("The business account has as many templates as it may."));
        }
        Ok(self.add(name, language, components, Some(Instant::now())))
    }

    fn add(
        &mut self,
        name: String,
        language: String,
        components: Value,
        submitted: Option<Instant>,
    ) -> &Template {
        let id = format!("10{:014}", self.templates.len() + 1);
        let review = self.review;
        let at = self.templates.len();
        self.templates.push(Template { id, name, language, components, submitted, review });
        &self.templates[at]
    }

    /// Whatever changes is reviewed again.
    pub(super) fn change(&mut self, key: &Key, components: Option<Value>) -> Result<(), Fault> {
        let found = self.templates.iter_mut().find(|template| key.fits(template));
        let template = found.ok_or_else(|| missing("template"))?;
        if let Some(components) = components {
            template.components = components;
        }
        template.submitted = Some(Instant::now());
        Ok(())
    }

    pub(super) fn find(&self, key: &Key) -> Result<&Template, Fault> {
        let found = self.templates.iter().find(|template| key.fits(template));
        found.ok_or_else(|| missing("template"))
    }

    pub(super) fn all(&self) -> &[Template] {
        &self.templates
    }

    /// Whether Meta has approved the template of this name and language by now.
    pub(super) fn is_approved(&self, name: &str, language: &str) -> bool {
        let named = |it: &&Template| it.name == name && it.language == language;
        self.templates.iter().find(named).is_some_and(|it| it.status() == "APPROVED")
    }
}

impl Template {
    pub fn status(&self) -> &'static str {
        match self.submitted {
            Some(time) if time.elapsed() < self.review => "PENDING",
            _ => "APPROVED",
        }
    }

    pub fn summary(&self) -> Value {
        json!({
            "templateName": self.name,
            "metaTemplateId": self.id,
            "templateStatus": self.status(),
            "templateQualityScore": "UNKNOWN",
            "templateLanguage": self.language,
            "templateCategory": CATEGORY,
        })
    }

    /// As Meta shows it.
    pub fn whole(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status(),
            "category": CATEGORY,
            "components": self.components,
        })
    }

    pub fn created(&self) -> Value {
        json!({
            "metaTemplateId": self.id,
            "templateStatus": self.status(),
            "category": CATEGORY,
        })
    }
}

impl Key<'_> {
    fn fits(&self, template: &Template) -> bool {
        match (self.id, self.name, self.language) {
            (Some(id), _, _) => template.id == id,
            (None, Some(name), Some(language)) => {
                template.name == name && template.language == language
            }
            _ => false,
        }
    }
}
