//! Questions to Meta's Graph API about an account, as an operator asks them; sending is `cloud`'s.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::errors;
use crate::{
    delivery::{
        Refusal, Trouble,
        http_client::{self, Answer, SetupError},
        reaction::Scope,
    },
    otp::FailureReason,
};

/// How the Graph API is reached, as whom, and about what.
pub struct GraphSettings {
    /// `https://graph.facebook.com`, without a path.
    pub base_url: String,
    /// Of the Graph API, like `v25.0`.
    pub api_version: String,
    /// Needs the permission `whatsapp_business_management`.
    pub access_token: SecretString,
}

/// The Graph API.
pub struct Graph {
    client: Client,
    base: Url,
    api_version: String,
    access_token: SecretString,
}

/// The longest that an answer may take. Writing a template in many languages takes Meta a while.
const READ: Duration = Duration::from_secs(4);
const WRITE: Duration = Duration::from_secs(30);

impl Graph {
    /// Fails on a base address that is none, and on a machine without root certificates.
    pub fn new(settings: GraphSettings) -> Result<Self, SetupError> {
        let base = http_client::base_url(&settings.base_url)?;
        Ok(Self {
            client: http_client::client(&base)?,
            base,
            api_version: settings.api_version,
            access_token: settings.access_token,
        })
    }

    /// Reads a node or an edge.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Refusal> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(query);
        self.ask(self.client.get(url), READ).await
    }

    /// Writes to an edge.
    pub async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Refusal> {
        self.ask(self.client.post(self.url(path)).json(body), WRITE).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let segments = [&*self.api_version].into_iter().chain(path.iter().copied());
        http_client::resource(&self.base, segments)
    }

    async fn ask(&self, request: RequestBuilder, limit: Duration) -> Result<Value, Refusal> {
        let request = request.bearer_auth(self.access_token.expose_secret());
        read(http_client::ask(request, limit).await?)
    }
}

fn read(answer: Answer) -> Result<Value, Refusal> {
    let error = &answer.body["error"];
    if error.is_null() && answer.is_success() {
        return Ok(answer.body);
    }
    let code = error["code"].as_i64();
    let trouble = trouble(code, error["error_subcode"].as_i64(), answer.status);
    let told = code.map_or(format!("HTTP {}", answer.status), |code| code.to_string());
    Err(Refusal::new(trouble, Some(&told), words(error)))
}

/// Meta tells what is wrong with a template in words for its user, where there are any.
fn words(error: &Value) -> &str {
    let texts = [&error["error_user_msg"], &error["error_data"]["details"], &error["message"]];
    texts.into_iter().find_map(Value::as_str).unwrap_or_default()
}

fn trouble(code: Option<i64>, subcode: Option<i64>, status: u16) -> Trouble {
    // An id that is none, or not for this token: Meta does not tell the two apart.
    if matches!((code, subcode), (Some(100), Some(33)) | (Some(33), _)) {
        return Trouble::NotFound;
    }
    let reaction = errors::judge(code, Some(status));
    match (reaction.reason, reaction.scope) {
        (FailureReason::Unavailable | FailureReason::RateLimited, _) => Trouble::Away,
        (_, Some(Scope::Token)) => Trouble::Credentials,
        (_, Some(Scope::App)) => Trouble::Permission,
        (_, Some(Scope::Account)) => Trouble::Account,
        _ => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_what_to_mend() {
        for (status, code, subcode, trouble) in [
            (401, 190, None, Trouble::Credentials),
            (403, 10, None, Trouble::Permission),
            (403, 200, None, Trouble::Permission),
            (400, 100, Some(33), Trouble::NotFound),
            (400, 33, None, Trouble::NotFound),
            (400, 100, None, Trouble::Other),
            (403, 368, None, Trouble::Account),
            (400, 80_007, None, Trouble::Away),
            (503, 2, None, Trouble::Away),
            (502, 0, None, Trouble::Credentials),
        ] {
            let body = json!({ "error": { "code": code, "error_subcode": subcode } });
            let refusal = read(Answer { status, body }).unwrap_err();
            assert_eq!(refusal.trouble, trouble, "{code}");
            assert!(refusal.detail.contains(&format!("code {code}")), "{refusal}");
        }
        let down = read(Answer { status: 502, body: Value::Null }).unwrap_err();
        assert_eq!((down.trouble, down.detail.contains("HTTP 502")), (Trouble::Away, true));
    }

    #[test]
    fn the_words_for_people_are_told_without_long_numbers() {
        let error = json!({ "error": {
            "message": "Invalid parameter", "code": 100,
            "error_user_msg": "The name 5511987654321 is taken.",
        }});
        let refusal = read(Answer { status: 400, body: error }).unwrap_err();
        assert_eq!(refusal.detail, "The name ############# is taken (code 100)");
    }
}
