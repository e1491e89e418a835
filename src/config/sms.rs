//! `[sms]`: who carries text messages, and what they say.

use std::{collections::BTreeMap, num::NonZeroU32};

use secrecy::SecretString;

use super::{
    Mode,
    aws::{self, SmsAws},
    kind::{Kind, SECRET, spelled},
    origin::Origin,
    provider::{RATE, api, by_language, per_second, providers},
    reader::Reader,
    section::Section,
};

/// Who carries text messages, and what they say.
#[derive(Clone, Debug)]
pub struct Sms {
    /// The providers, in the order in which they are to be tried.
    pub order: Vec<SmsProvider>,
    /// Twilio, if it is one of them.
    pub twilio: Option<Twilio>,
    /// AWS, if it is one of them.
    pub aws: Option<SmsAws>,
    /// What is sent.
    pub text: SmsText,
}

/// A provider of text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsProvider {
    /// Twilio's Programmable Messaging.
    Twilio,
    /// AWS End User Messaging SMS.
    Aws,
}

impl SmsProvider {
    /// As the configuration spells it, and deliveries and metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Aws => "aws",
        }
    }
}

/// `[sms.twilio]`: an account of Twilio's Programmable Messaging.
///
/// In `dev` it is complete too: whatever is not said has a made-up value, and `base_url` leads
/// nowhere beyond this machine until `dev` puts its simulator there.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// The API. Default `https://api.twilio.com`.
    pub base_url: Origin,
    /// The account, `AC…`.
    pub account_sid: String,
    /// Its password, and the key of the callbacks' signatures.
    pub auth_token: SecretString,
    /// Who the message comes from.
    pub sender: TwilioSender,
    /// Messages a second of this process, 1 to 1000. Default 10: above what one long number
    /// carries, below what a short code or a pool does.
    pub rate: NonZeroU32,
}

/// Who a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TwilioSender {
    /// A number in E.164, a short code or a name.
    From(String),
    /// A Messaging Service, `MG` and 32 hex digits, which picks the number.
    MessagingService(String),
}

/// The words of a text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsText {
    /// Who it is from. Default `Pombo`.
    pub brand: String,
    /// The text, with `{code}` and, if wanted, `{brand}`. Without it `{code} is your {brand} code.`,
    /// and its like in thirty languages.
    pub text: Option<String>,
    /// The text in other languages: BCP 47 in small letters with hyphens.
    pub texts: BTreeMap<String, String>,
    /// The text for payments, with `{amount}` and `{payee}` besides. Where it does not fit one
    /// segment, the other text goes out. Without it `{code} approves {amount} to {payee}. {brand}`
    /// and its like, wherever `text` and `texts` have no words of their own.
    pub transaction_text: Option<String>,
    /// The text for payments in other languages.
    pub transaction_texts: BTreeMap<String, String>,
    /// Host of the page that may fill the code in (origin-bound one-time codes). Default none.
    pub web_otp_host: Option<String>,
    /// The 11 characters by which Android knows the app that may read the message. Default none.
    pub android_hash: Option<String>,
}

const PROVIDER: Kind<Option<SmsProvider>> = Kind::new(
    "\"twilio\", \"aws\", both in the order in which they are to be tried, or \"none\"",
    |text| match text {
        "twilio" => Some(Some(SmsProvider::Twilio)),
        "aws" => Some(Some(SmsProvider::Aws)),
        "none" => Some(None),
        _ => None,
    },
);

const ACCOUNT: Kind<String> = Kind::new("an account's SID: AC and letters and digits", |text| {
    let rest = text.strip_prefix("AC")?;
    spelled(rest, 1..=64, |c| c.is_ascii_alphanumeric()).map(|_| text.to_owned())
});

const FROM: Kind<TwilioSender> = Kind::new(
    "a number like \"+15017122661\", a short code, or a name of up to 11 letters, digits and blanks",
    |text| {
        let number = text.strip_prefix('+').unwrap_or_default();
        let number = spelled(number, 8..=15, |c| c.is_ascii_digit());
        let name = spelled(text, 1..=11, |c| c.is_ascii_alphanumeric() || c == ' ');
        number.or(name).map(|_| TwilioSender::From(text.to_owned()))
    },
);

const SERVICE: Kind<TwilioSender> =
    Kind::new("a Messaging Service's SID: MG and 32 hexadecimal digits", |text| {
        let rest = text.strip_prefix("MG")?;
        let hex = spelled(rest, 32..=32, |c| c.is_ascii_hexdigit());
        hex.map(|_| TwilioSender::MessagingService(text.to_owned()))
    });

const BRAND: Kind<String> = Kind::new("1 to 40 characters without line breaks", |text| {
    spelled(text, 1..=40, |c| !c.is_control())
});

const TEXT: Kind<String> = Kind::new(
    "up to 300 characters with {code} in them, and no other braces but {brand}",
    |text| words(text, &["{code}"]),
);

const TRANSACTION_TEXT: Kind<String> = Kind::new(
    "up to 300 characters with {code}, {amount} and {payee} in them, and no other braces but {brand}",
    |text| words(text, &["{code}", "{amount}", "{payee}"]),
);

fn words(text: &str, needed: &[&str]) -> Option<String> {
    let names = needed.iter().chain(&["{brand}"]);
    let rest = names.fold(text.to_owned(), |rest, name| rest.replace(name, ""));
    let whole = needed.iter().all(|name| text.contains(name)) && !rest.contains(['{', '}']);
    spelled(text, 1..=300, |c| !c.is_control() || c == '\n').filter(|_| whole)
}

const HOST: Kind<String> = Kind::new("a host name alone, like \"example.com\"", |text| {
    let host = spelled(text, 1..=253, |c| c.is_ascii_alphanumeric() || "-.".contains(c))?;
    (!host.starts_with(['.', '-']) && !host.ends_with(['.', '-'])).then_some(host)
});

const APP: Kind<String> =
    Kind::new("the 11 characters of the app's hash, like \"FA+9qCX9VSu\"", |text| {
        spelled(text, 11..=11, |c| c.is_ascii_alphanumeric() || "+/".contains(c))
    });

pub(super) fn read(reader: &mut Reader, mode: Mode) -> Option<Sms> {
    let mut keys = reader.section("sms");
    let (order, right) = providers(&mut keys, &PROVIDER, SmsProvider::Aws, SmsProvider::Twilio);
    let demands = |provider| order.contains(&provider) && right && mode.is_strict();
    // All sections are read, so that whatever is wrong in any is found.
    let text = text(&mut keys);
    let twilio = twilio(keys.below("twilio").demanding(demands(SmsProvider::Twilio)), mode);
    let aws = aws::sms(keys.below("aws").demanding(demands(SmsProvider::Aws)), mode);
    let has = |provider| order.contains(&provider);
    (!order.is_empty()).then(|| Sms {
        twilio: has(SmsProvider::Twilio).then_some(twilio),
        aws: has(SmsProvider::Aws).then_some(aws),
        order: order.clone(),
        text,
    })
}

fn text(keys: &mut Section<'_>) -> SmsText {
    SmsText {
        brand: keys.get("brand", &BRAND).unwrap_or("Pombo".into()),
        text: keys.get("text", &TEXT),
        texts: by_language(keys, "texts", &TEXT),
        transaction_text: keys.get("transaction_text", &TRANSACTION_TEXT),
        transaction_texts: by_language(keys, "transaction_texts", &TRANSACTION_TEXT),
        web_otp_host: keys.get("web_otp_host", &HOST),
        android_hash: keys.get("android_hash", &APP),
    }
}

fn twilio(mut keys: Section<'_>, mode: Mode) -> Twilio {
    let account = "AC00000000000000000000000000000000";
    Twilio {
        base_url: api(&mut keys, mode, "api.twilio.com"),
        account_sid: keys.need("account_sid", &ACCOUNT, account.into()),
        auth_token: keys.need("auth_token", &SECRET, "simulated-auth-token".into()),
        sender: sender(&mut keys),
        rate: keys.get("rate", &RATE).unwrap_or(per_second(10)),
    }
}

fn sender(keys: &mut Section<'_>) -> TwilioSender {
    let stand_in = || TwilioSender::MessagingService("MG00000000000000000000000000000000".into());
    match (keys.get("from", &FROM), keys.get("messaging_service_sid", &SERVICE)) {
        (Some(_), Some(service)) => {
            keys.refuse("from", "is given beside messaging_service_sid; keep one of them");
            service
        }
        (Some(sender), None) | (None, Some(sender)) => sender,
        (None, None) if keys.says("messaging_service_sid") => stand_in(),
        (None, None) => {
            let accepts = FROM.accepts();
            keys.miss("from", &format!("{accepts}; or set messaging_service_sid instead"));
            stand_in()
        }
    }
}
