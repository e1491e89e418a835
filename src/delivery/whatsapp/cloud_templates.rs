//! Templates by Meta's own API: one call writes every language.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    definition::Definition,
    graph::Graph,
    templates::{Standing, Templates},
};
use crate::delivery::{Refusal, Trouble};

/// The templates of a WhatsApp Business Account.
pub struct CloudTemplates {
    graph: Graph,
    business_account_id: String,
}

/// What is read of a template.
const FIELDS: &str = "name,language,status,category,rejected_reason,message_send_ttl_seconds";

/// Templates a page, and pages that are read at most: an account has up to 6,000 templates, but few
/// of one name.
const PAGE: &str = "100";
const PAGES: usize = 20;

/// What Meta takes where a template does not say how long a message is tried, in seconds; and what
/// it means by -1.
const DEFAULT_TTL: i64 = 600;
const LONGEST_TTL: u64 = 30 * 86_400;

impl CloudTemplates {
    /// Those of this account.
    pub const fn new(graph: Graph, business_account_id: String) -> Self {
        Self { graph, business_account_id }
    }

    async fn page(&self, name: &str, after: Option<&str>) -> Result<Value, Refusal> {
        let mut query = vec![("name", name), ("fields", FIELDS), ("limit", PAGE)];
        query.extend(after.map(|after| ("after", after)));
        self.graph.get(&[&self.business_account_id, "message_templates"], &query).await
    }
}

#[async_trait]
impl Templates for CloudTemplates {
    fn bodies(&self, definition: &Definition) -> Vec<Value> {
        vec![definition.in_all_languages()]
    }

    async fn push(&self, definition: &Definition) -> Result<(), Refusal> {
        for body in self.bodies(definition) {
            let path = [&*self.business_account_id, "upsert_message_templates"];
            self.graph.post(&path, &body).await?;
        }
        Ok(())
    }

    async fn standings(&self, name: &str) -> Result<Vec<Standing>, Refusal> {
        let mut standings = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let page = self.page(name, after.as_deref()).await?;
            let Some(templates) = page["data"].as_array() else {
                let words = "the answer holds no list of templates";
                return Err(Refusal::new(Trouble::Other, None, words));
            };
            // Meta looks for names that contain this one.
            standings.extend(templates.iter().filter(|t| t["name"] == name).map(standing));
            let next = page["paging"]["next"].is_string();
            after = page["paging"]["cursors"]["after"].as_str().filter(|_| next).map(Into::into);
            if after.is_none() {
                break;
            }
        }
        Ok(standings)
    }
}

fn standing(template: &Value) -> Standing {
    let text = |key: &str| template[key].as_str().unwrap_or_default().to_owned();
    let reason = text("rejected_reason");
    let ttl = template["message_send_ttl_seconds"].as_i64().unwrap_or(DEFAULT_TTL);
    Standing {
        language: text("language"),
        status: text("status").to_lowercase(),
        reason: (!reason.is_empty() && reason != "NONE").then_some(reason),
        category: text("category").to_lowercase(),
        message_ttl_seconds: Some(u64::try_from(ttl).unwrap_or(LONGEST_TTL)),
    }
}
