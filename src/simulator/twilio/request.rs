//! The form of a send: everything that must hold before anybody looks at the recipient.
//!
//! Two codes are this simulator's judgement, as no page names one for the case: 20001 for a field that
//! it does not know or that stands twice (Twilio itself would overlook a misspelled field, and so would
//! nobody notice), and 20422 for a known field whose value is out of bounds.

use reqwest::Url;

use super::error::TwilioError;
use crate::simulator::{number, settings::TwilioAccount};

const UNKNOWN_FIELD: u32 = 20_001;
const OUT_OF_BOUNDS: u32 = 20_422;

const LONGEST_BODY: usize = 1_600;
const LONGEST_URL: usize = 4_000;

const FIELDS: &[&str] = &[
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "StatusCallback",
    "ValidityPeriod",
    "RiskCheck",
    "SmartEncoded",
    "ProvideFeedback",
    "ContentRetention",
    "AddressRetention",
    "Attempt",
];

/// A good text message.
pub(super) struct Sms {
    /// E.164.
    pub to: String,
    pub sender: Sender,
    pub body: String,
    /// Exactly as given: the signature covers these very characters.
    pub callback: Option<String>,
}

pub(super) enum Sender {
    Number(String),
    /// The service, and the number of its pool that it chose.
    Service {
        sid: String,
        number: Option<String>,
    },
}

/// The recipient of a form, however bad the rest of it.
pub(super) fn recipient(fields: &[(String, String)]) -> Option<&str> {
    fields.iter().find(|(name, _)| name == "To").map(|(_, to)| to.as_str()).filter(|to| e164(to))
}

impl Sms {
    pub fn read(fields: &[(String, String)], account: &TwilioAccount) -> Result<Self, TwilioError> {
        let form = Form(fields);
        form.no_strangers()?;
        let to = to(&form)?;
        let sender = sender(&form, account)?;
        if matches!(&sender, Sender::Number(from) if *from == to) {
            return Err(TwilioError::known(21_266));
        }
        let body = body(&form)?;
        let callback = callback(&form)?;
        bounds(&form)?;
        Ok(Self { to, sender, body, callback })
    }
}

struct Form<'a>(&'a [(String, String)]);

impl<'a> Form<'a> {
    /// A field's value; one left empty counts as not given.
    fn get(&self, name: &str) -> Option<&'a str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn no_strangers(&self) -> Result<(), TwilioError> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            let twice = self.0[..i].iter().any(|(earlier, _)| earlier == name);
            if twice || !FIELDS.contains(&name.as_str()) {
                let message = format!("Unknown or repeated parameter: {name}");
                return Err(TwilioError::new(UNKNOWN_FIELD, message));
            }
        }
        Ok(())
    }
}

fn e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(number::plausible)
}

fn to(form: &Form) -> Result<String, TwilioError> {
    match form.get("To") {
        None => Err(TwilioError::known(21_604)),
        Some(to) if e164(to) => Ok(to.to_owned()),
        Some(_) => Err(TwilioError::known(21_211)),
    }
}

fn sender(form: &Form, account: &TwilioAccount) -> Result<Sender, TwilioError> {
    let from = form.get("From");
    if let Some(from) = from {
        owned(from, account)?;
    }
    match (form.get("MessagingServiceSid"), from) {
        (Some(sid), _) if account.messaging_service_sid.as_deref() != Some(sid) => {
            Err(TwilioError::known(21_705))
        }
        (Some(sid), from) => {
            let number = from.map(str::to_owned).or_else(|| account.numbers.first().cloned());
            Ok(Sender::Service { sid: sid.to_owned(), number })
        }
        (None, Some(from)) => Ok(Sender::Number(from.to_owned())),
        (None, None) => Err(TwilioError::known(21_603)),
    }
}

fn owned(from: &str, account: &TwilioAccount) -> Result<(), TwilioError> {
    if !e164(from) {
        return Err(TwilioError::known(21_212));
    }
    if !account.numbers.iter().any(|number| number == from) {
        return Err(TwilioError::known(21_606));
    }
    Ok(())
}

/// Counted in UTF-16 units, the stricter reading of "characters".
fn body(form: &Form) -> Result<String, TwilioError> {
    match form.get("Body").map(str::trim_end) {
        None | Some("") => Err(TwilioError::known(21_602)),
        Some(_) => {
            let body = form.get("Body").unwrap_or_default();
            if body.encode_utf16().count() > LONGEST_BODY {
                return Err(TwilioError::known(21_617));
            }
            Ok(body.to_owned())
        }
    }
}

/// Loopback passes, although Twilio could not reach it: here the whole world is one machine.
fn callback(form: &Form) -> Result<Option<String>, TwilioError> {
    let Some(given) = form.get("StatusCallback") else {
        return Ok(None);
    };
    let url = Url::parse(given).map_err(|_| TwilioError::known(21_609))?;
    let web = matches!(url.scheme(), "http" | "https");
    let host = url.host_str().is_some_and(|host| !host.contains('_'));
    if !web || !host || given.len() > LONGEST_URL {
        return Err(TwilioError::known(21_609));
    }
    Ok(Some(given.to_owned()))
}

fn bounds(form: &Form) -> Result<(), TwilioError> {
    let within = |name, good: &dyn Fn(&str) -> bool| match form.get(name) {
        Some(value) if !good(value) => {
            Err(TwilioError::new(OUT_OF_BOUNDS, format!("Invalid parameter: {name}")))
        }
        _ => Ok(()),
    };
    let boolean = |value: &str| matches!(value, "true" | "false");
    within("ValidityPeriod", &|v| v.parse().is_ok_and(|s: u32| (1..=36_000).contains(&s)))?;
    within("RiskCheck", &|v| matches!(v, "enable" | "disable"))?;
    within("SmartEncoded", &boolean)?;
    within("ProvideFeedback", &boolean)?;
    within("ContentRetention", &|v| matches!(v, "retain" | "discard"))?;
    within("AddressRetention", &|v| matches!(v, "retain" | "obfuscate"))?;
    within("Attempt", &|v| v.parse::<u32>().is_ok_and(|n| n > 0))
}
