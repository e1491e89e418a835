//! What Meta tells of the template, the account and the number: what stops messages, and what lets
//! them go again.

use serde_json::Value;

use crate::delivery::{Notice, circuit::Part};

/// Reads a change of any field but `messages`; nothing if it concerns nothing of ours.
pub fn read(field: &str, value: &Value, template: &str) -> Option<Notice> {
    let event = value["event"].as_str().unwrap_or_default();
    match field {
        "message_template_status_update" => of_template(event, value, template),
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
        read("message_template_status_update", &value, "otp")
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
        assert_eq!(read("message_template_status_update", &value, "otp"), None);
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
            let notice = read("account_update", &value, "otp");
            assert_eq!(
                notice.map(|it| (it.part, it.stopped)),
                stopped.map(|s| (Part::Account, s)),
                "{value}"
            );
        }
    }
}
