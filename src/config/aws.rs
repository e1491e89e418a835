//! `[whatsapp.aws]` and `[sms.aws]`: messages by AWS. Credentials are no keys of ours: they come by the
//! SDK's own chain (environment, profile, container, instance).

use std::num::NonZeroU32;

use super::{
    Mode,
    kind::{Kind, spelled},
    origin::{API, NOWHERE, Origin},
    provider::{RATE, per_second},
    section::Section,
};

/// `[whatsapp.aws]`: WhatsApp by AWS End User Messaging Social.
#[derive(Clone, Debug)]
pub struct WhatsappAws {
    /// Where the account is.
    pub region: String,
    /// Where the service stands, if not at AWS's own address.
    pub endpoint_url: Option<Origin>,
    /// AWS's id of the sending number, `phone-number-id-…`, or its ARN.
    pub phone_number_id: String,
    /// The version of Meta's API that AWS speaks for us. Default `v20.0`.
    pub api_version: String,
    /// The SNS topic that receipts are published to.
    pub topic_arn: String,
    /// Messages a second of this process, 1 to 1000. Default 80, Meta's own first limit.
    pub rate: NonZeroU32,
}

/// `[sms.aws]`: text messages by AWS End User Messaging SMS.
#[derive(Clone, Debug)]
pub struct SmsAws {
    /// Where the account is.
    pub region: String,
    /// Where the service stands, if not at AWS's own address.
    pub endpoint_url: Option<Origin>,
    /// A number, sender id or pool; without one AWS picks.
    pub origination_identity: Option<String>,
    /// The configuration set, whose event destination tells of messages.
    pub configuration_set: Option<String>,
    /// The protect configuration, whose rules guard against fraud.
    pub protect_configuration: Option<String>,
    /// The SNS topic that events are published to.
    pub topic_arn: String,
    /// The most that one message may cost, in US dollars, as AWS spells it.
    pub max_price: Option<String>,
    /// Messages a second of this process, 1 to 1000. Default 10.
    pub rate: NonZeroU32,
}

const REGION: Kind<String> = Kind::new("a region, like \"eu-west-1\"", |text| {
    let parts = text.split('-').count();
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    spelled(text, 5..=30, sound).filter(|_| parts >= 3)
});

const NUMBER: Kind<String> =
    Kind::new("AWS's id of the number, phone-number-id-…, or its ARN", |text| {
        let known = text.starts_with("phone-number-id-") || text.starts_with("arn:aws");
        spelled(text, 17..=115, |c| c.is_ascii_graphic()).filter(|_| known)
    });

const VERSION: Kind<String> = Kind::new("a version of Meta's API, like \"v20.0\"", |text| {
    let parts: Vec<_> = text.strip_prefix('v')?.split('.').collect();
    let is_number = |part: &&str| spelled(part, 1..=3, |c| c.is_ascii_digit()).is_some();
    ((1..=2).contains(&parts.len()) && parts.iter().all(is_number)).then(|| text.to_owned())
});

const NAME: Kind<String> = Kind::new("1 to 256 letters, digits and any of + _ : / -", |text| {
    spelled(text, 1..=256, |c| c.is_ascii_alphanumeric() || "+_:/-".contains(c))
});

const PRICE: Kind<String> =
    Kind::new("a price in US dollars with its point, like \"0.50\"", |text| {
        let (dollars, cents) = text.split_once('.')?;
        let digits = |text, bounds| spelled(text, bounds, |c| c.is_ascii_digit());
        digits(dollars, 0..=2).and(digits(cents, 1..=5)).map(|_| text.to_owned())
    });

/// A standard topic: WhatsApp's receipts go to no other.
const TOPIC: Kind<String> = Kind::new(
    "a standard topic's ARN, like \"arn:aws:sns:eu-west-1:123456789012:pombo\"",
    |text| topic(text).filter(|topic| !topic.name.ends_with(".fifo")).map(|_| text.to_owned()),
);

/// A topic's ARN, taken apart.
pub(super) struct TopicArn<'a> {
    pub(super) region: &'a str,
    pub(super) name: &'a str,
}

/// Takes `arn:<partition>:sns:<region>:<account>:<name>` apart.
pub(super) fn topic(arn: &str) -> Option<TopicArn<'_>> {
    let parts: Vec<_> = arn.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts[..] else { return None };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let sound = partition.starts_with("aws")
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && [region, name].iter().all(|part| !part.is_empty() && part.chars().all(plain));
    sound.then_some(TopicArn { region, name })
}

pub(super) fn whatsapp(mut keys: Section<'_>, mode: Mode) -> WhatsappAws {
    WhatsappAws {
        region: keys.need("region", &REGION, "us-east-1".into()),
        endpoint_url: endpoint(&mut keys, mode),
        phone_number_id: keys.need(
            "phone_number_id",
            &NUMBER,
            "phone-number-id-00000000000000000000000000000000".into(),
        ),
        api_version: keys.get("api_version", &VERSION).unwrap_or("v20.0".into()),
        topic_arn: keys.need("topic_arn", &TOPIC, made_up("whatsapp")),
        rate: keys.get("rate", &RATE).unwrap_or(per_second(80)),
    }
}

pub(super) fn sms(mut keys: Section<'_>, mode: Mode) -> SmsAws {
    SmsAws {
        region: keys.need("region", &REGION, "us-east-1".into()),
        endpoint_url: endpoint(&mut keys, mode),
        origination_identity: keys.get("origination_identity", &NAME),
        configuration_set: keys.get("configuration_set", &NAME),
        protect_configuration: keys.get("protect_configuration", &NAME),
        topic_arn: keys.need("topic_arn", &TOPIC, made_up("sms")),
        max_price: keys.get("max_price", &PRICE),
        rate: keys.get("rate", &RATE).unwrap_or(per_second(10)),
    }
}

/// In `dev` nothing leaves the machine: whatever leads out leads nowhere.
fn endpoint(keys: &mut Section<'_>, mode: Mode) -> Option<Origin> {
    let said = keys.get("endpoint_url", &API);
    match mode {
        Mode::Dev => said.filter(Origin::is_loopback).or(Some(NOWHERE.into())),
        Mode::Serve | Mode::Check => said,
    }
}

fn made_up(name: &str) -> String {
    format!("arn:aws:sns:us-east-1:000000000000:pombo-{name}")
}
