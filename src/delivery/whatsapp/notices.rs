//! What Meta tells of the template, the account and the number: what stops messages, and what lets
//! them go again.

use serde_json::Value;

use crate::delivery::{Notice, circuit::Part};

/// What a notice must concern to concern us.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// The WhatsApp Business Account, by Meta's id. One app may hear of several; where ours is not
    /// known, all are taken for it.
    pub account: Option<String>,
    /// The name of the template.
    pub template: String,
}

/// Reads a change of any field but `messages` in an entry of this account; nothing if it concerns
/// nothing of ours.
pub fn read(account: &Value, field: &str, value: &Value, ours: &Ours) -> Option<Notice> {
    if ours.account.as_ref().is_some_and(|ours| account != ours.as_str()) {
        return None;
    }
    let event = value["event"].as_str().unwrap_or_default();
    match field {
        "message_template_status_update" => of_template(event, value, &ours.template),
        "account_update" => of_account(event, value),
        _ => None,
    }
}

/// A template's language may be spelled with a hyphen here, and nowhere else.
fn of_template(event: &str, value: &Value, ours: &str) -> Option<Notice> {
    if value["message_template_name"] != ours {
        return None;
    }
    let language = value["message_template_language"].as_str()?.replace('-', "_");
    let unpaused = value["other_info"]["title"] == "UNPAUSE";
    let (event, stopped) = match event {
        _ if unpaused => ("template_unpaused", false),
        "APPROVED" => ("template_approved", false),
        "REINSTATED" => ("template_reinstated", false),
        "UNARCHIVED" => ("template_unarchived", false),
        "PAUSED" => ("template_paused", true),
        "DISABLED" => ("template_disabled", true),
        "REJECTED" => ("template_rejected", true),
        "DELETED" => ("template_deleted", true),
        "PENDING_DELETION" => ("template_pending_deletion", true),
        "ARCHIVED" => ("template_archived", true),
        "LOCKED" => ("template_locked", true),
        // In review or flagged, a template that was approved still goes out.
        _ => return None,
    };
    Some(Notice { event, part: Part::Template(language), stopped })
}

fn of_account(event: &str, value: &Value) -> Option<Notice> {
    let (event, stopped) = match event {
        "ACCOUNT_RESTRICTION" if forbids_us(value) => ("account_restricted", true),
        "ACCOUNT_DELETED" => ("account_deleted", true),
        "ACCOUNT_OFFBOARDED" => ("account_offboarded", true),
        "ACCOUNT_RECONNECTED" => ("account_reconnected", false),
        "DISABLED_UPDATE" => match value["ban_info"]["waba_ban_state"].as_str()? {
            "DISABLE" => ("account_disabled", true),
            "REINSTATE" => ("account_reinstated", false),
            _ => return None,
        },
        _ => return None,
    };
    Some(Notice { event, part: Part::Account, stopped })
}

/// Codes are messages that the business begins.
fn forbids_us(value: &Value) -> bool {
    let restrictions = value["restriction_info"].as_array();
    let kinds = restrictions.into_iter().flatten().map(|it| &it["restriction_type"]);
    kinds.into_iter().any(|kind| kind == "RESTRICTED_BIZ_INITIATED_MESSAGING")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(event: &str, title: &str) -> Option<Notice> {
        let value = json!({
            "event": event, "message_template_name": "otp", "message_template_language": "en-US",
            "other_info": { "title": title },
        });
        of_otp("message_template_status_update", &value)
    }

    /// Of our account, whose template is called "otp".
    fn of_otp(field: &str, value: &Value) -> Option<Notice> {
        let ours = Ours { account: Some("10229".to_owned()), template: "otp".to_owned() };
        let of = |account: &str| read(&json!(account), field, value, &ours);
        assert_eq!(of("10230"), None, "another account's news");
        of("10229")
    }

    #[test]
    fn a_template_stops_and_goes_again() {
        for (event, title, stopped) in [
            ("PAUSED", "FIRST_PAUSE", Some(true)),
            ("DISABLED", "DISABLED", Some(true)),
            ("PAUSED", "UNPAUSE", Some(false)),
            ("APPROVED", "", Some(false)),
            ("FLAGGED", "", None),
            ("PENDING", "", None),
        ] {
            let notice = template(event, title);
            assert_eq!(notice.as_ref().map(|it| it.stopped), stopped, "{event} {title}");
            let language = Part::Template("en_US".to_owned());
            assert!(notice.is_none_or(|it| it.part == language));
        }
    }

    #[test]
    fn what_concerns_another_template_is_nothing_to_us() {
        let value = json!({ "event": "PAUSED", "message_template_name": "offer", "message_template_language": "en" });
        assert_eq!(of_otp("message_template_status_update", &value), None);
    }

    #[test]
    fn an_account_stops_and_goes_again() {
        let restricted = |kind| json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [{ "restriction_type": kind }] });
        let banned =
            |state| json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state } });
        for (value, stopped) in [
            (restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"), Some(true)),
            (restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"), None),
            (banned("DISABLE"), Some(true)),
            (banned("SCHEDULE_FOR_DISABLE"), None),
            (banned("REINSTATE"), Some(false)),
            (json!({ "event": "ACCOUNT_DELETED" }), Some(true)),
            (json!({ "event": "ACCOUNT_VIOLATION" }), None),
            (json!({}), None),
        ] {
            let notice = of_otp("account_update", &value);
            assert_eq!(
                notice.map(|it| (it.part, it.stopped)),
                stopped.map(|s| (Part::Account, s)),
                "{value}"
            );
        }
    }
}
