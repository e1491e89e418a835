//! Managing the template, by whatever road Meta is reached, and what its state means.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::definition::{Definition, overlap};
use crate::delivery::{Inspection, Refusal};

/// The templates of an account.
#[async_trait]
pub trait Templates: Send + Sync {
    /// What [`push`](Self::push) would send, in order.
    fn bodies(&self, definition: &Definition) -> Vec<Value>;

    /// Creates the template in every language, or updates it where it is there.
    ///
    /// # Errors
    ///
    /// Meta refuses it, in a language that the refusal's words name where they can, or the account
    /// can't be reached. What was pushed before stays.
    async fn push(&self, definition: &Definition) -> Result<(), Refusal>;

    /// How the template of this name stands in each language that it is there in.
    ///
    /// # Errors
    ///
    /// The account can't be looked into.
    async fn standings(&self, name: &str) -> Result<Vec<Standing>, Refusal>;
}

/// How a template stands in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The language as Meta spells it.
    pub language: String,
    /// Meta's word for it, in small letters: `approved`, `pending`, `rejected`, `paused`, …
    pub status: String,
    /// Why it was rejected, in Meta's words.
    pub reason: Option<String>,
    /// Meta's category, in small letters.
    pub category: String,
    /// How long Meta tries a message; `None` where the road does not tell.
    pub message_ttl_seconds: Option<u64>,
}

impl Standing {
    /// Whether messages may be sent by it.
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }

    /// Whether Meta has not made up its mind.
    pub fn is_pending(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "in_appeal")
    }

    /// Whether it is the standing in this language; Meta writes `en_US` here and `en-US` there.
    pub fn is_in(&self, language: &str) -> bool {
        self.language.replace('-', "_") == language.replace('-', "_")
    }

    /// What keeps messages from going out by it, and the remedy; `None` if nothing does.
    pub fn fault(&self) -> Option<String> {
        let fault = match self.status.as_str() {
            "approved" if self.category == "authentication" => return None,
            "approved" => format!(
                "is of the category {}; give whatsapp.template.name a name that no other template \
                 has and run `pombo templates push`",
                self.category
            ),
            "pending" | "in_appeal" => {
                "awaits Meta's approval; look again later, it takes minutes to a day".to_owned()
            }
            "rejected" => format!(
                "was rejected by Meta ({}); mend whatsapp.template and run `pombo templates push`",
                self.reason.as_deref().unwrap_or("no reason given")
            ),
            "paused" => {
                "is paused by Meta for its low quality; it resumes by itself within hours, \
                 send fewer unwanted messages"
                    .to_owned()
            }
            "disabled" => {
                "is disabled by Meta for good; choose another whatsapp.template.name and \
                 run `pombo templates push`"
                    .to_owned()
            }
            other => format!(
                "is {other} at Meta; see the template in WhatsApp Manager, or choose another \
                 whatsapp.template.name and run `pombo templates push`"
            ),
        };
        Some(fault)
    }
}

/// What to make of the standings in the languages that recipients get. `fallback` is the earliest
/// wait after which a message is given up for another channel.
pub fn inspect(
    languages: &[String],
    standings: &[Standing],
    fallback: Option<Duration>,
) -> Vec<Inspection> {
    let of = |language: &String| match standings.iter().find(|s| s.is_in(language)) {
        Some(standing) => found(standing, fallback),
        None => Inspection::fault(
            what(language),
            "is not there; run `pombo templates push`, or take the language out of \
             whatsapp.template",
        ),
    };
    languages.iter().map(of).collect()
}

fn found(standing: &Standing, fallback: Option<Duration>) -> Inspection {
    let what = what(&standing.language);
    if let Some(fault) = standing.fault() {
        return Inspection::fault(what, fault);
    }
    match standing.message_ttl_seconds.and_then(|ttl| overlap(ttl, fallback)) {
        Some(warning) => Inspection::warning(what, warning),
        None => Inspection::sound(what, standing.status.as_str()),
    }
}

/// What a line about the template in one language is headed.
pub fn what(language: &str) -> String {
    format!("template {language}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Verdict;

    fn standing(status: &str) -> Standing {
        Standing {
            language: "pt_BR".to_owned(),
            status: status.to_owned(),
            reason: None,
            category: "authentication".to_owned(),
            message_ttl_seconds: Some(30),
        }
    }

    fn verdict(standing: Standing, wait: u64) -> Verdict {
        let fallback = Some(Duration::from_secs(wait));
        inspect(&["pt_BR".to_owned()], &[standing], fallback).remove(0).verdict
    }

    #[test]
    fn only_an_approved_authentication_template_is_in_order() {
        assert_eq!(verdict(standing("approved"), 30), Verdict::Sound("approved".to_owned()));
        for (status, word) in [
            ("pending", "awaits"),
            ("in_appeal", "awaits"),
            ("rejected", "no reason given"),
            ("paused", "resumes by itself"),
            ("disabled", "for good"),
            ("pending_deletion", "pending_deletion"),
        ] {
            let Verdict::Fault(told) = verdict(standing(status), 30) else { panic!("{status}") };
            assert!(told.contains(word), "{told}");
        }
        let marketing = Standing { category: "marketing".to_owned(), ..standing("approved") };
        let Verdict::Fault(told) = verdict(marketing, 30) else { panic!("another category") };
        assert!(told.contains("marketing"), "{told}");
    }

    #[test]
    fn a_message_that_outlives_its_fallback_is_a_warning() {
        assert!(matches!(verdict(standing("approved"), 20), Verdict::Warning(_)));
        let unknown = Standing { message_ttl_seconds: None, ..standing("approved") };
        assert!(matches!(verdict(unknown, 20), Verdict::Sound(_)));
    }

    #[test]
    fn a_language_is_the_same_with_a_hyphen_and_a_missing_one_is_told() {
        let hyphened = Standing { language: "pt-BR".to_owned(), ..standing("approved") };
        let told = inspect(&["pt_BR".to_owned(), "es".to_owned()], &[hyphened], None);
        assert!(matches!(told[0].verdict, Verdict::Sound(_)));
        let Verdict::Fault(missing) = &told[1].verdict else { panic!("{told:?}") };
        assert!(told[1].what.contains("es") && missing.contains("templates push"), "{missing}");
    }
}
