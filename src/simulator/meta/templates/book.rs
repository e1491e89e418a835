//! The templates that there are, and how their review goes.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{draft::Draft, shown};
use crate::simulator::settings::MetaAccount;

/// Meta's limit for one account that nobody has verified.
const MOST_TEMPLATES: usize = 250;

/// The state of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateStatus {
    Pending,
    Approved,
    Rejected,
    Paused,
    Disabled,
}

impl TemplateStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// A template in one language.
#[derive(Clone)]
pub(super) struct Template {
    pub name: String,
    pub language: String,
    pub components: Value,
    pub send_seconds: Option<i64>,
    /// Until the review is over.
    meanwhile: TemplateStatus,
    verdict: TemplateStatus,
    reviewed: Instant,
}

impl Template {
    fn settled(name: &str, language: &str, status: TemplateStatus) -> Self {
        Self {
            name: name.to_owned(),
            language: language.to_owned(),
            components: shown::copy_code(),
            send_seconds: None,
            meanwhile: status,
            verdict: status,
            reviewed: Instant::now(),
        }
    }

    fn is(&self, name: &str, language: &str) -> bool {
        self.name == name && self.language == language
    }

    pub fn status(&self) -> TemplateStatus {
        if Instant::now() < self.reviewed { self.meanwhile } else { self.verdict }
    }
}

/// Why a draft was not taken.
pub(super) enum NotTaken {
    Exists,
    Full,
}

/// All templates of the account.
pub(crate) struct Templates(Mutex<Book>);

struct Book {
    templates: Vec<Template>,
    /// Name and language (or all of them) of drafts that a review will reject.
    doomed: Vec<(String, Option<String>)>,
}

impl Templates {
    /// One template, approved in each of the account's languages.
    pub fn of(account: &MetaAccount) -> Self {
        let approved =
            |code: &String| Template::settled(&account.template, code, TemplateStatus::Approved);
        let templates = account.languages.iter().map(approved).collect();
        Self(Mutex::new(Book { templates, doomed: Vec::new() }))
    }

    pub fn status(&self, name: &str, language: &str) -> Option<TemplateStatus> {
        let book = self.book();
        book.templates.iter().find(|t| t.is(name, language)).map(Template::status)
    }

    /// Puts a template into a state at once; one that does not exist is made.
    pub fn settle(&self, name: &str, language: &str, status: TemplateStatus) {
        let mut book = self.book();
        match book.templates.iter_mut().find(|t| t.is(name, language)) {
            Some(template) => {
                template.verdict = status;
                template.reviewed = Instant::now();
            }
            None => book.templates.push(Template::settled(name, language, status)),
        }
    }

    /// Drafts of this name from now on are rejected in the end, in this language or in all.
    pub fn doom(&self, name: &str, language: Option<&str>) {
        self.book().doomed.push((name.to_owned(), language.map(str::to_owned)));
    }

    pub(super) fn all(&self) -> Vec<Template> {
        self.book().templates.clone()
    }

    /// Takes a draft in one of its languages as a new template.
    pub(super) fn create(
        &self,
        draft: &Draft,
        language: &str,
        review: Duration,
    ) -> Result<TemplateStatus, NotTaken> {
        let mut book = self.book();
        if book.templates.iter().any(|t| t.is(&draft.name, language)) {
            return Err(NotTaken::Exists);
        }
        book.put(draft, language, TemplateStatus::Pending, review)
    }

    /// The same, or a change of the template that there is. What was approved stays so while the change
    /// is reviewed.
    pub(super) fn upsert(
        &self,
        draft: &Draft,
        language: &str,
        review: Duration,
    ) -> Result<TemplateStatus, NotTaken> {
        let mut book = self.book();
        let found = book.templates.iter().position(|t| t.is(&draft.name, language));
        let meanwhile = match found.map(|i| book.templates.swap_remove(i).status()) {
            Some(TemplateStatus::Approved) => TemplateStatus::Approved,
            _ => TemplateStatus::Pending,
        };
        book.put(draft, language, meanwhile, review)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn put(
        &mut self,
        draft: &Draft,
        language: &str,
        meanwhile: TemplateStatus,
        review: Duration,
    ) -> Result<TemplateStatus, NotTaken> {
        if self.templates.len() >= MOST_TEMPLATES {
            return Err(NotTaken::Full);
        }
        let template = Template {
            name: draft.name.clone(),
            language: language.to_owned(),
            components: shown::components(draft),
            send_seconds: draft.send_seconds,
            meanwhile,
            verdict: self.verdict(&draft.name, language),
            reviewed: Instant::now() + review,
        };
        let status = template.status();
        self.templates.push(template);
        Ok(status)
    }

    fn verdict(&self, name: &str, language: &str) -> TemplateStatus {
        let doomed = self.doomed.iter().any(|(doomed, only)| {
            doomed == name && only.as_deref().is_none_or(|only| only == language)
        });
        if doomed { TemplateStatus::Rejected } else { TemplateStatus::Approved }
    }
}

/// The id of a template: the same for the same name and language.
pub(crate) fn id(name: &str, language: &str) -> u64 {
    let digest = Sha256::digest(format!("{name}/{language}"));
    let number = digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    // As many digits as Meta's ids have, and few enough for a reader that knows only floats.
    1_000_000_000_000_000 + number % 1_000_000_000_000_000
}
