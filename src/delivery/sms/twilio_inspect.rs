//! A look at a Twilio account, and at the number that it sends from.

use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::twilio_errors;
use crate::{
    delivery::{
        Inspection, Refusal, Trouble,
        http_client::{self, Answer, SetupError},
    },
    otp::FailureReason,
};

const ACCOUNT: &str = "sms account";
const SENDER: &str = "sms sender";

/// The longest that an answer may take.
const READ: Duration = Duration::from_secs(4);

/// A Twilio account, to be looked at.
pub struct TwilioAccount {
    client: Client,
    base: Url,
    sid: String,
    auth_token: SecretString,
}

impl TwilioAccount {
    /// Fails on a base address that is none, and on a machine without root certificates.
    pub fn new(base_url: &str, sid: String, auth_token: SecretString) -> Result<Self, SetupError> {
        let base = http_client::base_url(base_url)?;
        Ok(Self { client: http_client::client(&base)?, base, sid, auth_token })
    }

    /// Looks at the account and, if messages come from a number (E.164), whether that is the
    /// account's and sends text messages.
    pub async fn inspect(&self, number: Option<&str>) -> Vec<Inspection> {
        let (account, number) = tokio::join!(self.account(), self.number(number));
        match account {
            // The number was refused for the same cause.
            Err(refusal) => vec![Inspection::refused(ACCOUNT, &refusal, remedy(refusal.trouble))],
            // An account that is shut shows nobody its numbers.
            Ok(account) if !is_active(&account) => vec![found(&account)],
            Ok(account) => [found(&account)].into_iter().chain(number).collect(),
        }
    }

    async fn account(&self) -> Result<Value, Refusal> {
        self.get(self.url(&[&format!("{}.json", self.sid)])).await
    }

    async fn number(&self, number: Option<&str>) -> Option<Inspection> {
        let number = number?;
        let mut url = self.url(&[&self.sid, "IncomingPhoneNumbers.json"]);
        url.query_pairs_mut().append_pair("PhoneNumber", number);
        Some(match self.get(url).await {
            Ok(numbers) => owned(&numbers, number),
            Err(refusal) => Inspection::refused(SENDER, &refusal, remedy(refusal.trouble)),
        })
    }

    fn url(&self, path: &[&str]) -> Url {
        let segments = ["2010-04-01", "Accounts"].into_iter().chain(path.iter().copied());
        http_client::resource(&self.base, segments)
    }

    async fn get(&self, url: Url) -> Result<Value, Refusal> {
        let password = self.auth_token.expose_secret();
        let request = self.client.get(url).basic_auth(&self.sid, Some(password));
        read(http_client::ask(request, READ).await?)
    }
}

fn read(answer: Answer) -> Result<Value, Refusal> {
    if answer.is_success() {
        return Ok(answer.body);
    }
    let code = answer.body["code"].as_i64();
    let reason = twilio_errors::judge(code, Some(answer.status)).reason;
    let cause = match (answer.status, code, reason) {
        (_, _, FailureReason::Unavailable | FailureReason::RateLimited) => Trouble::Away,
        (404, ..) | (_, Some(20_404), _) => Trouble::NotFound,
        (_, Some(20_005 | 30_002), _) => Trouble::Account,
        (401, ..) | (_, Some(20_003), _) => Trouble::Credentials,
        (403, ..) => Trouble::Permission,
        _ => Trouble::Other,
    };
    let told = code.map_or(format!("HTTP {}", answer.status), |code| code.to_string());
    let texts = [&answer.body["message"], &answer.body["detail"], &answer.body["title"]];
    let words = texts.into_iter().find_map(Value::as_str).unwrap_or_default();
    Err(Refusal::new(cause, Some(&told), words))
}

fn remedy(cause: Trouble) -> &'static str {
    match cause {
        Trouble::Credentials => {
            "set sms.twilio.auth_token to the account's auth token, and sms.twilio.account_sid to \
             its SID"
        }
        Trouble::NotFound => "set sms.twilio.account_sid to the account's SID",
        Trouble::Account | Trouble::Permission => "see the account's state in Twilio's console",
        Trouble::Away => {
            "look at sms.twilio.base_url and this machine's way out, or try again later"
        }
        Trouble::Other => "look at sms.twilio.base_url",
    }
}

fn is_active(account: &Value) -> bool {
    account["status"] == "active"
}

fn found(account: &Value) -> Inspection {
    let status = account["status"].as_str().unwrap_or("unknown");
    let is_trial = account["type"] == "Trial";
    match status {
        "active" if is_trial => Inspection::warning(
            ACCOUNT,
            "active, but a trial: Twilio sends to verified numbers only; upgrade the account",
        ),
        "active" => Inspection::sound(ACCOUNT, status),
        _ => Inspection::fault(
            ACCOUNT,
            format!(
                "is {status}, so Twilio sends nothing; see to it in Twilio's console, or set \
                 another sms.twilio.account_sid"
            ),
        ),
    }
}

fn owned(numbers: &Value, number: &str) -> Inspection {
    let numbers = numbers["incoming_phone_numbers"].as_array();
    let owned = numbers.into_iter().flatten().find(|owned| owned["phone_number"] == number);
    match owned {
        Some(owned) if owned["capabilities"]["sms"] == false => Inspection::fault(
            SENDER,
            "the number in sms.twilio.from sends no text messages; set one that does",
        ),
        Some(_) => Inspection::sound(SENDER, "a number of the account"),
        None => Inspection::fault(
            SENDER,
            "the number in sms.twilio.from is not one of the account's; set one that is, or \
             sms.twilio.messaging_service_sid",
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::delivery::Verdict;

    #[test]
    fn only_an_active_account_is_in_order() {
        let verdict =
            |status: &str, kind: &str| found(&json!({ "status": status, "type": kind })).verdict;
        assert_eq!(verdict("active", "Full"), Verdict::Sound("active".to_owned()));
        assert!(matches!(verdict("active", "Trial"), Verdict::Warning(_)));
        for status in ["suspended", "closed"] {
            let Verdict::Fault(told) = verdict(status, "Full") else { panic!("{status}") };
            assert!(told.contains(status));
        }
        assert!(matches!(found(&Value::Null).verdict, Verdict::Fault(_)));
    }

    #[test]
    fn a_number_is_the_accounts_and_sends_texts() {
        let number = "+15017122661";
        let verdict = |phone: &str, sms: bool| {
            let owned = json!({ "phone_number": phone, "capabilities": { "sms": sms } });
            super::owned(&json!({ "incoming_phone_numbers": [owned] }), number).verdict
        };
        assert!(matches!(verdict(number, true), Verdict::Sound(_)));
        assert!(matches!(verdict(number, false), Verdict::Fault(_)));
        assert!(matches!(verdict("+15017122662", true), Verdict::Fault(_)));
        assert!(matches!(owned(&Value::Null, number).verdict, Verdict::Fault(_)));
    }
}
