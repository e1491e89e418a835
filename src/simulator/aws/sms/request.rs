//! `SendTextMessage`: everything that must hold before anybody looks at the recipient.

use serde_json::{Map, Value};

use super::{Fault, Misfit, NAME, invalid, members, missing};
use crate::simulator::{
    aws::{
        account::AwsAccount,
        shape::{Members, Text, held},
    },
    number,
    twilio::{gsm, segments},
};

const MEMBERS: &[&str] = &[
    "DestinationPhoneNumber",
    "OriginationIdentity",
    "MessageBody",
    "MessageType",
    "Keyword",
    "ConfigurationSetName",
    "MaxPrice",
    "TimeToLive",
    "Context",
    "DestinationCountryParameters",
    "DryRun",
    "ProtectConfigurationId",
    "MessageFeedbackEnabled",
];

const TO: Text = Text { min: 1, max: 20, fits: dialled };
const FROM: Text = Text { min: 1, max: 256, fits: origin };
const BODY: Text = Text { min: 1, max: 1_600, fits: |text| !text.trim().is_empty() };
const PRICE: Text = Text { min: 2, max: 8, fits: price };
const KEYWORD: Text = Text { min: 1, max: 30, fits: |_| true };
const CONTEXT_KEY: Text = Text { min: 1, max: 100, fits: unspaced };
const CONTEXT_VALUE: Text = Text { min: 1, max: 800, fits: |text| text.trim() == text };
const COUNTRY_VALUE: Text = Text { min: 1, max: 64, fits: unspaced };

/// What ten parts hold: beyond it nothing is sent, though the field is longer.
const LONGEST_GSM: usize = 1_530;
const LONGEST_OTHER: usize = 630;

/// A good text message.
pub(super) struct Sms {
    /// E.164, whether or not it came with its `+`.
    pub to: String,
    pub from: Option<String>,
    pub body: String,
    pub kind: String,
    /// Without one nobody is told what becomes of the message.
    pub has_set: bool,
    pub context: Map<String, Value>,
    pub dry_run: bool,
    pub feedback: bool,
}

impl Sms {
    pub fn parts(&self) -> usize {
        segments(&self.body)
    }

    pub fn read(body: &Map<String, Value>, account: &AwsAccount) -> Result<Self, Fault> {
        let members = members(body, MEMBERS)?;
        let sms = Self::shaped(&members, account).map_err(Misfit::fault)?;
        fits(&sms.body)?;
        let from = members.text("OriginationIdentity", FROM).map_err(Misfit::fault)?;
        let from = origination(from, account)?;
        owned(&members, account)?;
        affordable(&members, &sms, account)?;
        Ok(Self { from, ..sms })
    }

    fn shaped(members: &Members, account: &AwsAccount) -> Result<Self, Misfit> {
        let to = members.required("DestinationPhoneNumber", TO)?.trim_start_matches('+');
        if !number::plausible(to) {
            return Err(Misfit::new("DestinationPhoneNumber", "is not a phone number"));
        }
        members.whole("TimeToLive", 5, 259_200)?;
        members.text("Keyword", KEYWORD)?;
        map(members, "DestinationCountryParameters", 10, country_key, COUNTRY_VALUE)?;
        let has_set = members.text("ConfigurationSetName", NAME)?.is_some();
        let by_default = has_set && account.feedback_by_default;
        Ok(Self {
            to: format!("+{to}"),
            from: None,
            body: members.required("MessageBody", BODY)?.to_owned(),
            kind: kind(members)?.to_owned(),
            has_set,
            context: map(members, "Context", 5, context_key, CONTEXT_VALUE)?,
            dry_run: members.flag("DryRun")?.unwrap_or_default(),
            feedback: members.flag("MessageFeedbackEnabled")?.unwrap_or(by_default),
        })
    }
}

/// The recipient of a request, however bad the rest of it.
pub(super) fn recipient(body: &Map<String, Value>) -> Option<String> {
    let digits = body.get("DestinationPhoneNumber")?.as_str()?.trim_start_matches('+');
    number::plausible(digits).then(|| format!("+{digits}"))
}

fn kind<'a>(members: &Members<'a>) -> Result<&'a str, Misfit> {
    let fits = |text: &str| matches!(text, "TRANSACTIONAL" | "PROMOTIONAL");
    let kind = members.text("MessageType", Text { min: 1, max: 32, fits })?;
    Ok(kind.unwrap_or("TRANSACTIONAL"))
}

fn map(
    members: &Members,
    name: &str,
    most: usize,
    key: fn(&str) -> bool,
    value: Text,
) -> Result<Map<String, Value>, Misfit> {
    let Some(given) = members.get(name) else {
        return Ok(Map::new());
    };
    let map = given.as_object().ok_or_else(|| Misfit::new(name, "must be a map"))?;
    if map.len() > most {
        return Err(Misfit::new(name, format!("must have {most} entries at most")));
    }
    for (entry, text) in map {
        let text = text.as_str().ok_or_else(|| Misfit::new(name, "must map to strings"))?;
        held(name, text, value)?;
        if !key(entry) {
            return Err(Misfit::new(name, "has a key that is not allowed"));
        }
    }
    Ok(map.clone())
}

fn fits(body: &str) -> Result<(), Fault> {
    let good = match gsm(body) {
        Some(septets) => septets <= LONGEST_GSM,
        None => body.encode_utf16().count() <= LONGEST_OTHER,
    };
    let too_long = || invalid("MAXIMUM_SIZE_EXCEEDED", "The message is longer than ten parts.");
    if good { Ok(()) } else { Err(too_long()) }
}

/// The number of this message. A pool and a sender id have none that is known beforehand.
fn origination(given: Option<&str>, account: &AwsAccount) -> Result<Option<String>, Fault> {
    let own = &account.origination_identities;
    let numbers = || own.iter().find(|identity| identity.starts_with('+')).cloned();
    let Some(given) = given else {
        let none = || {
            Fault::new(400, "ConflictException", "The account has nothing to send from.")
                .with("Reason", "NO_ORIGINATION_IDENTITIES_FOUND")
        };
        return numbers().map(Some).ok_or_else(none);
    };
    let found = own.iter().find(|identity| goes_by(identity, given, account));
    let identity = found.ok_or_else(|| missing("phone-number", given))?;
    Ok(if identity.starts_with('+') { Some(identity.clone()) } else { numbers() })
}

/// A number goes by itself, its id and its ARN; a pool by its id and ARN; a sender id by itself.
fn goes_by(identity: &str, given: &str, account: &AwsAccount) -> bool {
    let (kind, id) = match identity.strip_prefix('+') {
        Some(digits) => ("phone-number", phone_id(digits)),
        None => ("pool", identity.to_owned()),
    };
    given == identity || given == id || given == account.arn(SERVICE_ARN, &format!("{kind}/{id}"))
}

pub(super) const SERVICE_ARN: &str = "sms-voice";

/// The id that the account's number with these digits goes by.
pub(super) fn phone_id(digits: &str) -> String {
    format!("phone-{digits:0>32}")
}

fn owned(members: &Members, account: &AwsAccount) -> Result<(), Fault> {
    let own = [
        ("ConfigurationSetName", "configuration-set", &account.configuration_set),
        ("ProtectConfigurationId", "protect-configuration", &account.protect_configuration),
    ];
    for (member, kind, own) in own {
        let given = members.text(member, NAME).map_err(Misfit::fault)?;
        let arn = account.arn(SERVICE_ARN, &format!("{kind}/{own}"));
        if let Some(given) = given.filter(|given| given != own && *given != arn) {
            return Err(missing(kind, given));
        }
    }
    Ok(())
}

fn affordable(members: &Members, sms: &Sms, account: &AwsAccount) -> Result<(), Fault> {
    let most = members.text("MaxPrice", PRICE).map_err(Misfit::fault)?;
    let most: Option<f64> = most.and_then(|text| format!("0{text}").parse().ok());
    #[expect(clippy::cast_precision_loss, reason = "a message has eleven parts at most")]
    let price = account.price_per_part * sms.parts() as f64;
    if most.is_some_and(|most| price > most) {
        return Err(invalid("PRICE_OVER_THRESHOLD", "The message costs more than MaxPrice."));
    }
    Ok(())
}

fn dialled(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (2..=19).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit())
}

fn origin(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:/+-".contains(&b))
}

fn price(text: &str) -> bool {
    let digits = |part: &str, least, most| {
        (least..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    text.split_once('.').is_some_and(|(whole, rest)| digits(whole, 0, 2) && digits(rest, 1, 5))
}

fn unspaced(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

fn context_key(text: &str) -> bool {
    held("Context", text, CONTEXT_KEY).is_ok()
}

fn country_key(text: &str) -> bool {
    matches!(text, "IN_TEMPLATE_ID" | "IN_ENTITY_ID")
}
