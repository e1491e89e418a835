//! The bodies of webhooks: statuses of messages, a tap on a button, a notice.
//!
//! In the form of v24.0 and later: no `conversation`; `pricing` with `sent` and `delivered`. How a tap
//! looks when its author goes by a user name is not known, so a tap always carries the number.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{codes::title, message::Message};
use crate::simulator::{clock, course::Receipt, settings::MetaAccount};

const ERROR_PAGE: &str =
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes";

pub(crate) fn statuses(account: &MetaAccount, statuses: &[Value]) -> Value {
    let mut value = value(account);
    value["statuses"] = statuses.into();
    envelope(account, &value)
}

pub(crate) fn status(account: &MetaAccount, message: &Message, receipt: Receipt) -> Value {
    let mut status = json!({ "id": message.id(), "status": word(receipt), "timestamp": now() });
    if account.user_names {
        status["recipient_user_id"] = json!(message.user_id());
    } else {
        status["recipient_id"] = json!(message.wa_id());
    }
    if let Some(reference) = message.reference() {
        status["biz_opaque_callback_data"] = json!(reference);
    }
    match receipt {
        Receipt::Sent | Receipt::Delivered => status["pricing"] = pricing(),
        Receipt::Read => {}
        Receipt::Failed(code) | Receipt::Undelivered(code) => status["errors"] = errors(code),
    }
    status
}

/// The tap is a message of the person's, `id`, in answer to ours.
pub(crate) fn did_not_request(account: &MetaAccount, message: &Message, id: &str) -> Value {
    let mut value = value(account);
    value["contacts"] = json!([{ "profile": { "name": "João" }, "wa_id": message.wa_id() }]);
    value["messages"] = json!([{
        "context": { "from": account.display_number, "id": message.id() },
        "from": message.wa_id(),
        "id": id,
        "timestamp": now(),
        "type": "button",
        "button": { "payload": "DID_NOT_REQUEST_CODE", "text": "I didn't request a code" },
    }]);
    envelope(account, &value)
}

fn word(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Sent => "sent",
        Receipt::Delivered => "delivered",
        Receipt::Read => "read",
        Receipt::Failed(_) | Receipt::Undelivered(_) => "failed",
    }
}

fn now() -> String {
    clock::unix_seconds(SystemTime::now()).to_string()
}

fn pricing() -> Value {
    json!({
        "billable": true,
        "pricing_model": "PMP",
        "type": "regular",
        "category": "authentication",
    })
}

fn errors(code: u32) -> Value {
    let title = title(code);
    json!([{
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": format!("{title}.") },
        "href": ERROR_PAGE,
    }])
}

fn value(account: &MetaAccount) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": account.display_number,
            "phone_number_id": account.phone_number_id,
        },
    })
}

fn envelope(account: &MetaAccount, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "changes": [{ "field": "messages", "value": value }],
        }],
    })
}

/// A webhook of another field than `messages`, whose entry also tells the time.
pub(super) fn notice(account: &MetaAccount, field: &str, value: &Value) -> Value {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{
            "id": account.business_account_id,
            "time": clock::unix_seconds(SystemTime::now()),
            "changes": [{ "field": field, "value": value }],
        }],
    })
}
