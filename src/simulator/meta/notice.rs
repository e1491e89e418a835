//! What Meta tells of its own accord about templates, the account and the number.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{hook, payload, templates};
use crate::simulator::{settings::MetaAccount, world::World};

/// One notice; words are spelled as Meta spells them. It is only told: the state that a send or a read
/// meets stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `message_template_status_update`.
    Template(TemplateNotice),
    /// `account_update` with `ACCOUNT_RESTRICTION`.
    Restriction {
        /// `RESTRICTED_BIZ_INITIATED_MESSAGING`, `RESTRICTED_ADD_PHONE_NUMBER_ACTION`, …
        restriction: String,
        /// When it ends, in Unix seconds.
        expiration: u64,
    },
    /// `account_update` with `DISABLED_UPDATE`.
    Ban {
        /// `DISABLE`, `SCHEDULE_FOR_DISABLE` or `REINSTATE`.
        state: String,
        /// As people write a date: `April 17, 2025`.
        date: String,
    },
    /// `account_update` with another event and nothing more: `ACCOUNT_DELETED`, …
    Account { event: String },
    /// `phone_number_quality_update`, which despite its name tells of limits.
    NumberQuality {
        /// `ONBOARDING` or `THROUGHPUT_UPGRADE`.
        event: String,
        /// `TIER_250`, `TIER_2K`, …, `TIER_UNLIMITED`, `TIER_NOT_SET`.
        limit: String,
    },
    /// `account_alerts` about the number.
    Alert {
        /// `CRITICAL`, `WARNING` or `INFORMATIONAL`.
        severity: String,
        /// `INCREASED_CAPABILITIES_ELIGIBILITY_FAILED`, `PROFILE_PICTURE_LOST`, …
        kind: String,
        description: String,
    },
}

/// A change of a template's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateNotice {
    /// `APPROVED`, `PAUSED`, `DISABLED`, `REJECTED`, …
    pub event: String,
    pub name: String,
    /// As in a send (`pt_BR`); the notice carries it with a hyphen, as Meta's examples do.
    pub language: String,
    /// `NONE`, `INCORRECT_CATEGORY`, …; without it the notice says `null`.
    pub reason: Option<String>,
    /// `other_info.title`: `FIRST_PAUSE`, `SECOND_PAUSE`, `RATE_LIMITING_PAUSE`, `UNPAUSE`, `DISABLED`.
    pub title: Option<String>,
}

/// Posts it, signed like every webhook. It returns after the first attempt; retries go on by themselves.
pub(crate) async fn post(world: &Arc<World>, notice: &Notice) {
    let (field, value) = (notice.field(), notice.value(&world.settings.meta));
    hook::post(world, &payload::notice(&world.settings.meta, field, &value)).await;
}

impl Notice {
    fn field(&self) -> &'static str {
        match self {
            Self::Template(_) => "message_template_status_update",
            Self::Restriction { .. } | Self::Ban { .. } | Self::Account { .. } => "account_update",
            Self::NumberQuality { .. } => "phone_number_quality_update",
            Self::Alert { .. } => "account_alerts",
        }
    }

    fn value(&self, account: &MetaAccount) -> Value {
        match self {
            Self::Template(template) => template.value(),
            Self::Restriction { restriction, expiration } => json!({
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    { "restriction_type": restriction, "expiration": expiration },
                ],
            }),
            Self::Ban { state, date } => json!({
                "event": "DISABLED_UPDATE",
                "ban_info": { "waba_ban_state": state, "waba_ban_date": date },
            }),
            Self::Account { event } => json!({ "event": event }),
            Self::NumberQuality { event, limit } => json!({
                "display_phone_number": account.display_number,
                "event": event,
                "max_daily_conversations_per_business": limit,
            }),
            Self::Alert { severity, kind, description } => json!({
                "entity_type": "PHONE_NUMBER",
                "entity_id": account.phone_number_id,
                "alert_info": {
                    "alert_severity": severity,
                    "alert_status": "ACTIVE",
                    "alert_type": kind,
                    "alert_description": description,
                },
            }),
        }
    }
}

impl TemplateNotice {
    fn value(&self) -> Value {
        let mut value = json!({
            "event": self.event,
            "message_template_id": templates::id(&self.name, &self.language),
            "message_template_name": self.name,
            "message_template_language": self.language.replace('_', "-"),
            "message_template_category": "AUTHENTICATION",
            "reason": self.reason,
        });
        if let Some(title) = &self.title {
            let description = "The status of your WhatsApp message template has changed.";
            value["other_info"] = json!({ "title": title, "description": description });
        }
        value
    }
}
