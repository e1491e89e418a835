//! Events of text messages, as a configuration set publishes them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::request::Sms;
use crate::simulator::{aws::account::AwsAccount, twilio::gsm};

/// No calling code begins with another.
const COUNTRIES: &[(&str, &str)] = &[
    ("+1", "US"),
    ("+34", "ES"),
    ("+351", "PT"),
    ("+44", "GB"),
    ("+49", "DE"),
    ("+52", "MX"),
    ("+54", "AR"),
    ("+55", "BR"),
    ("+57", "CO"),
    ("+91", "IN"),
];

pub(super) struct Event<'a> {
    /// `eventType`.
    pub kind: &'a str,
    pub id: &'a str,
    pub sms: &'a Sms,
    pub requested: SystemTime,
}

impl Event<'_> {
    pub fn json(&self, account: &AwsAccount) -> Value {
        let Sms { to, from, body, kind, context, .. } = self.sms;
        let (country, parts) = (country_of(to), self.sms.parts());
        #[expect(clippy::cast_precision_loss, reason = "a message has eleven parts at most")]
        let price = account.price_per_part * parts as f64;
        let at_home = from.as_deref().and_then(country_of) == country;
        let blocked = self.kind == "TEXT_PROTECT_BLOCKED";
        let mut event = json!({
            "eventType": self.kind,
            "eventVersion": "1.0",
            "eventTimestamp": millis(SystemTime::now()),
            "isFinal": !matches!(self.kind, "TEXT_QUEUED" | "TEXT_PENDING"),
            "destinationPhoneNumber": to,
            "isInternationalSend": !at_home,
            // The networks of ITU's test code.
            "mcc": "001",
            "mnc": "01",
            "carrierName": "Simulated",
            "messageId": self.id,
            "messageRequestTimestamp": millis(self.requested),
            "messageEncoding": if gsm(body).is_some() { "GSM" } else { "Unicode" },
            "messageType": kind,
            "messageStatus": self.kind.trim_start_matches("TEXT_"),
            "messageStatusDescription": description(self.kind),
            "totalMessageParts": parts,
            "totalMessagePrice": price,
            "totalCarrierFee": 0.0,
            "protectConfiguration": {
                "protectConfigurationId": account.protect_configuration,
                "protectStatus": if blocked { "BLOCK" } else { "ALLOW" },
            },
        });
        // Absent where there is nothing to tell.
        if let Some(country) = country {
            event["isoCountryCode"] = json!(country);
        }
        if let Some(from) = from {
            event["originationPhoneNumber"] = json!(from);
        }
        if !context.is_empty() {
            event["context"] = json!(context);
        }
        event
    }
}

/// The event in place of the code that Twilio's receipt would carry.
pub(super) fn of_code(code: u32) -> &'static str {
    match code {
        30_004 => "TEXT_BLOCKED",
        30_005 | 30_006 => "TEXT_INVALID",
        30_007 => "TEXT_CARRIER_BLOCKED",
        30_008 => "TEXT_UNKNOWN",
        30_017 => "TEXT_CARRIER_UNREACHABLE",
        30_036 => "TEXT_TTL_EXPIRED",
        30_038 => "TEXT_SPAM",
        30_450 | 30_453 | 30_485 => "TEXT_PROTECT_BLOCKED",
        _ => "TEXT_UNREACHABLE",
    }
}

fn description(kind: &str) -> &'static str {
    match kind {
        "TEXT_QUEUED" => "Message is queued",
        "TEXT_PENDING" => "Message is in transit",
        "TEXT_SUCCESSFUL" => "Message has been accepted by phone carrier",
        "TEXT_DELIVERED" => "Message has been accepted by phone",
        "TEXT_INVALID" => "Invalid phone number",
        "TEXT_INVALID_MESSAGE" => "Invalid message",
        "TEXT_UNREACHABLE" => "Phone is currently unreachable",
        "TEXT_CARRIER_UNREACHABLE" => "Carrier unreachable",
        "TEXT_BLOCKED" => "Phone has blocked SMS",
        "TEXT_CARRIER_BLOCKED" => "Phone carrier has blocked the message",
        "TEXT_SPAM" => "Phone carrier has marked the message as spam",
        "TEXT_TTL_EXPIRED" => "TTL expired",
        "TEXT_PROTECT_BLOCKED" => "Message blocked by a protect configuration",
        _ => "Unknown",
    }
}

/// The first country that a calling code stands for, of a few.
fn country_of(number: &str) -> Option<&'static str> {
    let known = COUNTRIES.iter().find(|(code, _)| number.starts_with(code));
    known.map(|(_, country)| *country)
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
