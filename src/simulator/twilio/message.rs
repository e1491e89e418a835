//! One accepted text message: its resource, its arrival, and the callbacks that tell of it.

use std::{sync::Arc, time::SystemTime};

use rand::random;
use serde_json::{Value, json};

use super::{
    request::{Sender, Sms},
    segments::segments,
    signature::sign,
};
use crate::simulator::{
    clock,
    course::{Receipt, UnderWay},
    inbox::{Channel, Delivered},
    world::World,
};

const API_VERSION: &str = "2010-04-01";
const SIGNATURE: &str = "X-Twilio-Signature";
/// What counts as a code in a text: shorter runs are prices and hours, longer ones phone numbers.
const CODE_DIGITS: std::ops::RangeInclusive<usize> = 4..=10;

pub(super) struct Message {
    world: Arc<World>,
    sid: String,
    sms: Sms,
}

impl Message {
    pub fn new(world: &Arc<World>, sms: Sms) -> Self {
        let sid = format!("SM{:032x}", random::<u128>());
        Self { world: Arc::clone(world), sid, sms }
    }

    /// The message as the answer to its sending shows it.
    pub fn resource(&self) -> Value {
        let (account, sid) = (&self.world.settings.twilio.account_sid, &self.sid);
        let uri = format!("/{API_VERSION}/Accounts/{account}/Messages/{sid}");
        let date = clock::rfc2822(SystemTime::now());
        let (status, from, service) = match &self.sms.sender {
            Sender::Number(from) => ("queued", Some(from), None),
            Sender::Service { sid, .. } => ("accepted", None, Some(sid)),
        };
        json!({
            "account_sid": account,
            "api_version": API_VERSION,
            "body": self.sms.body,
            "date_created": date,
            "date_sent": null,
            "date_updated": date,
            "direction": "outbound-api",
            "error_code": null,
            "error_message": null,
            "from": from,
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": segments(&self.sms.body).to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": sid,
            "status": status,
            "subresource_uris": { "media": format!("{uri}/Media.json") },
            "to": self.sms.to,
            "uri": format!("{uri}.json"),
        })
    }

    fn params(&self, status: &str, error: Option<u32>, done: bool) -> Vec<(&'static str, String)> {
        let mut params = vec![
            ("AccountSid", self.world.settings.twilio.account_sid.clone()),
            ("ApiVersion", API_VERSION.into()),
            ("MessageSid", self.sid.clone()),
            ("MessageStatus", status.into()),
            ("SmsSid", self.sid.clone()),
            ("SmsStatus", status.into()),
            ("To", self.sms.to.clone()),
        ];
        params.extend(self.sender_params());
        params.extend(error.map(|code| ("ErrorCode", code.to_string())));
        params.extend(done.then(|| ("RawDlrDoneDate", clock::yymmddhhmm(SystemTime::now()))));
        params
    }

    fn sender_params(&self) -> Vec<(&'static str, String)> {
        match &self.sms.sender {
            Sender::Number(from) => vec![("From", from.clone())],
            Sender::Service { sid, number } => {
                let from = number.iter().map(|number| ("From", number.clone()));
                from.chain([("MessagingServiceSid", sid.clone())]).collect()
            }
        }
    }

    /// Called once: nothing is known of Twilio trying again, so a lost callback stays lost.
    async fn call_back(&self, status: &str, error: Option<u32>, done: bool) {
        let Some(url) = &self.sms.callback else {
            return;
        };
        let params = self.params(status, error, done);
        let borrowed: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let signature = sign(url, &borrowed, &self.world.settings.twilio.auth_token);
        if let Some(call) = self.world.caller.post(url) {
            // Whatever the answer, it changes nothing.
            let _ = call.header(SIGNATURE, signature).form(&params).send().await;
        }
    }
}

impl UnderWay for Message {
    fn arrive(&self) {
        let Sms { to, body, callback, .. } = &self.sms;
        let reference = callback.as_deref().unwrap_or_default();
        self.world.inbox.add(Delivered::now(Channel::Sms, to, code(body), body.clone(), reference));
    }

    async fn report(&self, receipts: &[Receipt]) {
        for receipt in receipts {
            match *receipt {
                Receipt::Sent => self.call_back("sent", None, false).await,
                Receipt::Delivered => self.call_back("delivered", None, true).await,
                Receipt::Failed(code) => self.call_back("failed", Some(code), false).await,
                Receipt::Undelivered(code) => self.call_back("undelivered", Some(code), true).await,
                // SMS knows no such receipt.
                Receipt::Read => {}
            }
        }
    }

    /// There is nothing to tap in an SMS.
    async fn did_not_request(&self) {}
}

/// The first run of digits that could be a code.
pub(crate) fn code(text: &str) -> &str {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    runs.find(|run| CODE_DIGITS.contains(&run.len())).unwrap_or_default()
}
