//! A look at an account of the Cloud API: its token and its number. The template is looked at by
//! [`templates`](super::templates).

use serde_json::Value;

use super::graph::Graph;
use crate::delivery::{Inspection, Refusal, Trouble};

const TOKEN: &str = "whatsapp token";
const NUMBER: &str = "whatsapp number";

/// Looks at the sending number, and by that at the token.
pub async fn inspect(graph: &Graph, phone_number_id: &str) -> Vec<Inspection> {
    match graph.get(&[phone_number_id], &[("fields", "id,status,quality_rating")]).await {
        Ok(number) => vec![Inspection::sound(TOKEN, "accepted"), found(&number)],
        Err(refusal) => refused(&refusal),
    }
}

/// What Meta's refusal to show something of the account means, where it concerns the whole account.
pub fn remedy(cause: Trouble) -> &'static str {
    match cause {
        Trouble::Credentials => {
            "make a new token of a system user and set whatsapp.cloud.access_token"
        }
        Trouble::Permission => {
            "give the system user of whatsapp.cloud.access_token the permissions \
             whatsapp_business_messaging and whatsapp_business_management"
        }
        Trouble::Account => "see the account's state in Meta Business Suite",
        Trouble::Away => {
            "look at whatsapp.cloud.base_url and this machine's way out, or try again later"
        }
        Trouble::NotFound | Trouble::Other => {
            "look at whatsapp.cloud.base_url and whatsapp.cloud.api_version"
        }
    }
}

fn refused(refusal: &Refusal) -> Vec<Inspection> {
    match refusal.trouble {
        Trouble::Credentials | Trouble::Permission => {
            vec![Inspection::refused(TOKEN, refusal, remedy(refusal.trouble))]
        }
        Trouble::NotFound => {
            let remedy = "set whatsapp.cloud.phone_number_id to the id (not the digits) of a number \
                          that whatsapp.cloud.access_token may use";
            vec![Inspection::refused(NUMBER, refusal, remedy)]
        }
        cause => vec![Inspection::refused(NUMBER, refusal, remedy(cause))],
    }
}

fn found(number: &Value) -> Inspection {
    let text = |key: &str| number[key].as_str().unwrap_or("unknown").to_lowercase();
    let (status, quality) = (text("status"), text("quality_rating"));
    let state = format!("{status}, quality {quality}");
    match status.as_str() {
        "connected" | "unknown" if quality == "red" => Inspection::warning(
            NUMBER,
            format!("{state}: people block or report it, and Meta may restrict it; send less"),
        ),
        "connected" | "unknown" => Inspection::sound(NUMBER, state),
        "flagged" => Inspection::warning(
            NUMBER,
            format!("{state}: Meta will restrict it unless its quality gets better; send less"),
        ),
        _ => Inspection::fault(
            NUMBER,
            format!(
                "is {status}, so Meta sends nothing from it; see it in WhatsApp Manager, or set \
                 another whatsapp.cloud.phone_number_id"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::delivery::Verdict;

    #[test]
    fn only_a_connected_number_is_in_order() {
        let verdict = |status: &str, quality: &str| {
            found(&json!({ "id": "1", "status": status, "quality_rating": quality })).verdict
        };
        let sound = Verdict::Sound("connected, quality green".to_owned());
        assert_eq!(verdict("CONNECTED", "GREEN"), sound);
        assert!(matches!(verdict("CONNECTED", "UNKNOWN"), Verdict::Sound(_)));
        assert!(matches!(verdict("CONNECTED", "RED"), Verdict::Warning(_)));
        assert!(matches!(verdict("FLAGGED", "RED"), Verdict::Warning(_)));
        for status in ["PENDING", "BANNED", "DISCONNECTED", "RESTRICTED", "DELETED"] {
            assert!(matches!(verdict(status, "GREEN"), Verdict::Fault(_)), "{status}");
        }
        // Of a number that does not tell, nothing bad is known.
        assert!(matches!(found(&json!({ "id": "1" })).verdict, Verdict::Sound(_)));
    }
}
