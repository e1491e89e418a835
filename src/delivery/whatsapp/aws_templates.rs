//! Templates by AWS, one call a language. AWS keeps them in a WhatsApp Business Account that it finds
//! by the sending number.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_socialmessaging::{Client, primitives::Blob, types::TemplateSummary};
use serde_json::Value;
use tokio::time::sleep;

use super::{
    definition::Definition,
    templates::{Standing, Templates},
};
use crate::delivery::{Refusal, Trouble, aws_inspect as aws};

/// The templates of a linked WhatsApp Business Account.
pub struct AwsTemplates {
    client: Client,
    phone_number_id: String,
}

/// The longest that an answer may take: AWS asks Meta first, which is slow to write.
const READ: Duration = Duration::from_secs(4);
const WRITE: Duration = Duration::from_secs(30);

/// AWS passes each call on to Meta, which takes few a second for one account.
const PAUSE: Duration = Duration::from_millis(200);

impl AwsTemplates {
    /// Those of the account that this number (`phone-number-id-…`, or its ARN) belongs to.
    pub fn new(config: &SdkConfig, phone_number_id: String) -> Self {
        Self { client: Client::new(config), phone_number_id }
    }

    async fn account(&self) -> Result<String, Refusal> {
        let look = self.client.get_linked_whats_app_business_account_phone_number();
        let found = aws::ask(look.id(&self.phone_number_id).send(), READ).await?;
        let account = found.linked_whats_app_business_account_id;
        account.ok_or_else(|| {
            Refusal::new(Trouble::NotFound, None, "the number belongs to no linked account")
        })
    }

    /// Page by page: each has its own time.
    async fn list(&self, account: &str, name: &str) -> Result<Vec<Standing>, Refusal> {
        let all = self.client.list_whats_app_message_templates().id(account).into_paginator();
        let mut templates = all.items().send();
        let mut found = Vec::new();
        let mut next = async || aws::ask(templates.try_next(), READ).await;
        while let Some(template) = next().await? {
            found.push(template);
        }
        found.retain(|template| template.template_name() == Some(name));
        Ok(found.into_iter().map(standing).collect())
    }

    async fn write(
        &self,
        account: &str,
        definition: &Definition,
        language: &str,
        is_there: bool,
    ) -> Result<(), Refusal> {
        if is_there {
            let change = self.client.update_whats_app_message_template().id(account);
            let change = change
                .template_name(&definition.name)
                .template_language_code(language)
                .template_components(blob(&definition.components()));
            return aws::ask(change.send(), WRITE).await.map(drop);
        }
        let create = self.client.create_whats_app_message_template().id(account);
        let create = create.template_definition(blob(&definition.in_language(language)));
        aws::ask(create.send(), WRITE).await.map(drop)
    }
}

#[async_trait]
impl Templates for AwsTemplates {
    /// As a template is created. A change sends the components alone: AWS changes nothing else, so a
    /// template that is there keeps the time for which its messages are tried.
    fn bodies(&self, definition: &Definition) -> Vec<Value> {
        definition.languages.iter().map(|language| definition.in_language(language)).collect()
    }

    async fn push(&self, definition: &Definition) -> Result<(), Refusal> {
        let account = self.account().await?;
        let there = self.list(&account, &definition.name).await?;
        for language in &definition.languages {
            let is_there = there.iter().any(|standing| standing.is_in(language));
            let written = self.write(&account, definition, language, is_there).await;
            written.map_err(|refusal| Refusal {
                detail: format!("in {language}: {}", refusal.detail),
                ..refusal
            })?;
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn standings(&self, name: &str) -> Result<Vec<Standing>, Refusal> {
        let account = self.account().await?;
        self.list(&account, name).await
    }
}

/// AWS tells neither the reason of a rejection nor how long a message is tried.
fn standing(template: TemplateSummary) -> Standing {
    Standing {
        language: template.template_language.unwrap_or_default(),
        status: template.template_status.unwrap_or_default().to_lowercase(),
        reason: None,
        category: template.template_category.unwrap_or_default().to_lowercase(),
        message_ttl_seconds: None,
    }
}

fn blob(value: &Value) -> Blob {
    Blob::new(value.to_string())
}
