//! A simulator at a hurried pace, a listener for its webhooks, and a verb for each thing a sender does.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use pombo::simulator::{Pace, Settings, Simulator};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

pub const WELL: &str = "+5511987654300";
pub const CODE: &str = "123456";

pub struct Rig {
    pub simulator: Simulator,
    pub hooks: Hooks,
    pub settings: Settings,
    pub http: reqwest::Client,
}

/// What came back from a stand-in.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        Self { status, body: response.json().await.unwrap() }
    }

    /// Asserts a refusal of Meta's, whole envelope included.
    #[track_caller]
    pub fn is_graph_error(&self, status: u16, code: u32) {
        let error = &self.body["error"];
        assert_eq!((self.status, error["code"].as_u64()), (status, Some(code.into())), "{self:?}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(error["type"].as_str().unwrap().ends_with("Exception"));
        assert!(!error["fbtrace_id"].as_str().unwrap().is_empty());
    }

    /// Asserts a refusal of Twilio's, whole body included.
    #[track_caller]
    pub fn is_twilio_error(&self, status: u16, code: u32) {
        let wanted = json!({
            "code": code,
            "message": self.body["message"],
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
            "status": status,
        });
        assert_eq!((self.status, &self.body), (status, &wanted));
        assert!(!self.body["message"].as_str().unwrap().is_empty());
    }
}

pub fn hurried() -> Settings {
    let pace = Pace {
        receipt: Duration::ZERO,
        late: Duration::from_millis(50),
        retry: Duration::from_millis(1),
        review: Duration::ZERO,
    };
    Settings { pace, ..Settings::default() }
}

impl Rig {
    pub async fn start() -> Self {
        Self::with(hurried()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let hooks = Hooks::listen().await;
        let settings = Settings { webhook_base: hooks.base.clone(), ..settings };
        let simulator = pombo::simulator::start(settings.clone()).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { simulator, hooks, settings, http }
    }

    pub fn messages_url(&self) -> String {
        let meta = &self.settings.meta;
        let base = self.simulator.meta_url();
        format!("{base}/{}/{}/messages", meta.api_version, meta.phone_number_id)
    }

    pub fn whatsapp_call(&self, body: &Value) -> reqwest::RequestBuilder {
        let call = self.http.post(self.messages_url());
        call.bearer_auth(&self.settings.meta.access_token).json(body)
    }

    pub async fn meta(&self, body: &Value) -> Answer {
        self.answer(self.whatsapp_call(body)).await
    }

    /// A good WhatsApp message, and its id.
    pub async fn whatsapp(&self, to: &str) -> String {
        let answer = self.meta(&otp(to, CODE)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn answer(&self, call: reqwest::RequestBuilder) -> Answer {
        Answer::of(call.send().await.unwrap()).await
    }

    /// A call of the account's or the number's management, with the good token.
    pub fn graph(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url =
            format!("{}/{}/{path}", self.simulator.meta_url(), self.settings.meta.api_version);
        let call = self.http.request(method.parse().unwrap(), url);
        call.bearer_auth(&self.settings.meta.access_token)
    }

    pub fn sms_url(&self) -> String {
        let account = &self.settings.twilio.account_sid;
        format!("{}/2010-04-01/Accounts/{account}/Messages.json", self.simulator.twilio_url())
    }

    pub fn sms_call(&self, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let twilio = &self.settings.twilio;
        let call = self.http.post(self.sms_url());
        call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token)).form(fields)
    }

    pub async fn twilio(&self, fields: &[(&str, &str)]) -> Answer {
        self.answer(self.sms_call(fields)).await
    }

    /// A good text message with callbacks, and its sid.
    pub async fn sms(&self, to: &str) -> String {
        let callback = format!("{}/webhooks/twilio?delivery=c1.1", self.hooks.base);
        let mut fields = text(to);
        fields.push(("StatusCallback", &callback));
        let answer = self.twilio(&fields).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["sid"].as_str().unwrap().to_owned()
    }
}

/// A path with a query behind it.
pub fn asking(path: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{path}?{query}")
}

/// The documented body of an authentication message.
pub fn otp(to: &str, code: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "template",
        "biz_opaque_callback_data": "c1.1",
        "template": {
            "name": "verification_code",
            "language": { "code": "pt_BR" },
            "components": [
                { "type": "body", "parameters": [{ "type": "text", "text": code }] },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "0",
                    "parameters": [{ "type": "text", "text": code }],
                },
            ],
        },
    })
}

/// The fields of a good text message.
pub fn text(to: &str) -> Vec<(&str, &str)> {
    vec![("To", to), ("From", "+15017250604"), ("Body", "123456 is your Pombo code.")]
}

/// One call of a webhook, as it came.
pub struct Call {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub raw: Bytes,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }

    /// The `value` of its only change.
    pub fn value(&self) -> Value {
        self.json()["entry"][0]["changes"][0]["value"].clone()
    }

    /// The only status in it.
    pub fn status(&self) -> Value {
        self.value()["statuses"][0].clone()
    }

    pub fn form(&self) -> Vec<(String, String)> {
        let url = format!("form:?{}", std::str::from_utf8(&self.raw).unwrap());
        reqwest::Url::parse(&url).unwrap().query_pairs().into_owned().collect()
    }

    pub fn field(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// What it says of the message, on either channel.
    pub fn word(&self) -> String {
        match self.field("MessageStatus") {
            Some(status) => status,
            None => self.status()["status"].as_str().unwrap_or("tap").to_owned(),
        }
    }
}

/// A webhook listener on a port of its own, which hands on every call.
pub struct Hooks {
    pub base: String,
    answers: Answers,
    calls: tokio::sync::Mutex<mpsc::UnboundedReceiver<Call>>,
}

type Answers = Arc<Mutex<VecDeque<u16>>>;
type Desk = (Answers, mpsc::UnboundedSender<Call>);

impl Hooks {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let app = Router::new().fallback(receive).with_state((Arc::clone(&answers), sender));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, answers, calls: tokio::sync::Mutex::new(calls) }
    }

    /// Answers the next calls so, and then 200 again.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub async fn next(&self) -> Call {
        let mut calls = self.calls.lock().await;
        let call = tokio::time::timeout(PATIENCE, calls.recv()).await;
        call.expect("a webhook should have come by now").unwrap()
    }

    /// What the next calls say, in their order.
    pub async fn words(&self, n: usize) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..n {
            words.push(self.next().await.word());
        }
        words
    }
}

async fn receive(
    State((answers, calls)): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
    raw: Bytes,
) -> StatusCode {
    // Nobody listens any more once the test is over.
    let _ = calls.send(Call { uri, headers, raw });
    let status = answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
