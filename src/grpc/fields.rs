//! Single fields of requests, parsed; what is wrong with one is told in words that follow its name.

use std::net::IpAddr;

use zeroize::Zeroizing;

use crate::otp::{ChallengeId, Channel, Code, FlowOutcome, Purpose, Time};

/// Longest subject id and idempotency key, in bytes.
const MAX_TEXT: usize = 128;

/// Longest language code, in characters: the longest that BCP 47 asks programs to bear.
const MAX_LANGUAGE: usize = 35;

/// The id of a challenge.
pub fn id(text: &str) -> Result<ChallengeId, &'static str> {
    text.parse().map_err(|_| "must be an id as IssueCode returned it: ch_ and 52 characters")
}

/// What a person typed; wiped here, whether it is a code or not.
pub fn code(typed: String) -> Result<Code, &'static str> {
    let typed = Zeroizing::new(typed);
    Code::parse(&typed).ok_or("must have 4 to 10 digits; blanks and hyphens are ignored")
}

/// What a code is for.
pub fn required_purpose(number: i32) -> Result<Purpose, &'static str> {
    Purpose::from_number(number).ok_or("is required: one of the values of Purpose")
}

/// What a code is for, if that is said.
pub fn optional_purpose(number: i32) -> Result<Option<Purpose>, &'static str> {
    match number {
        0 => Ok(None),
        number => required_purpose(number).map(Some),
    }
}

/// A channel, if one is asked for.
pub fn channel(number: i32) -> Result<Option<Channel>, &'static str> {
    match (number, Channel::from_number(number)) {
        (0, _) => Ok(None),
        (_, Some(channel)) => Ok(Some(channel)),
        _ => Err("must be CHANNEL_WHATSAPP, CHANNEL_SMS or left out"),
    }
}

/// How a flow ended.
pub fn outcome(number: i32) -> Result<FlowOutcome, &'static str> {
    FlowOutcome::from_number(number)
        .ok_or("must be FLOW_OUTCOME_COMPLETED or FLOW_OUTCOME_ABANDONED")
}

/// A subject id or an idempotency key; may be empty.
pub fn text(text: String) -> Result<String, &'static str> {
    if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err("must have at most 128 bytes and no control characters");
    }
    Ok(text)
}

/// An IP address, if one is given.
pub fn address(text: &str) -> Result<Option<IpAddr>, &'static str> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| "must be an IPv4 or IPv6 address, or empty"),
    }
}

/// A BCP 47 tag by its shape, or nothing: subtags of 1 to 8 letters and digits, the first of 2 or 3
/// letters.
pub fn language(text: String) -> Result<String, &'static str> {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let is_tag = text.len() <= MAX_LANGUAGE
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        });
    if text.is_empty() || is_tag {
        Ok(text)
    } else {
        Err("must be a BCP 47 language tag, like pt-BR, or empty")
    }
}

/// A moment, to the millisecond.
pub fn time(timestamp: &prost_types::Timestamp) -> Result<Time, &'static str> {
    let seconds = u64::try_from(timestamp.seconds).map_err(|_| "must be after 1970")?;
    let nanos = u64::try_from(timestamp.nanos).ok();
    let nanos = nanos.filter(|nanos| *nanos < 1_000_000_000);
    let nanos = nanos.ok_or("must have nanos from 0 to 999,999,999")?;
    let millis = seconds.checked_mul(1000).and_then(|ms| ms.checked_add(nanos / 1_000_000));
    millis.map(Time::from_millis).ok_or("is too far in the future")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_checked() {
        for tag in ["", "pt", "pt-BR", "zh-Hant-TW", "fil", "sr-Latn"] {
            assert!(language(tag.to_owned()).is_ok(), "{tag}");
        }
        for tag in ["p", "pt_BR", "pt-", "english", "pt-BRAZILIAN0", "pt BR", "p\u{e9}"] {
            assert!(language(tag.to_owned()).is_err(), "{tag}");
        }
    }
}
