//! What Twilio tells us: the signature and status callbacks.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::twilio_errors;
use crate::{
    delivery::{Callback, Malformed, Receipt, reaction::Reaction},
    otp::{DeliveryRef, DeliveryStatus},
};

/// Where callbacks come in, below the public address.
pub const PATH: &str = "/webhooks/twilio";

/// A form's names and values, as they came, repeated ones too: Twilio signs every one, and adds new
/// ones unannounced.
pub type Params = Vec<(String, String)>;

/// The address that Twilio is given for the receipts of one delivery.
pub fn callback_url(public_url: &str, delivery: DeliveryRef) -> String {
    called_url(public_url, &format!("delivery={delivery}"))
}

/// The address that a callback with this raw query was sent to, as Twilio knows it and signs it.
/// What the request says of its host is not asked: a proxy may have changed it, anybody may forge it.
pub fn called_url(public_url: &str, query: &str) -> String {
    format!("{}{PATH}?{query}", public_url.trim_end_matches('/'))
}

/// Reads a form, keeping order, repeats and empty values.
pub fn parse_form(body: &[u8]) -> Params {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Whether a callback comes from Twilio: `X-Twilio-Signature` against the address that was called
/// and all parameters of the form.
///
/// Twilio's backends disagree on whether the port belongs to the address, so both are tried, as its
/// own libraries do. The newer scheme (HMAC-SHA-256, announced by
/// `X-Twilio-Webhooks-Signature-Settings`) uses another key than the auth token, which is not
/// configured here: such a request is refused, as any without a good signature. So is everything
/// while the token is empty.
pub fn verify_signature(
    auth_token: &SecretString,
    url: &str,
    params: &[(String, String)],
    header: &str,
) -> bool {
    let token = auth_token.expose_secret().as_bytes();
    let fits = |url: &str| {
        signature(token, url, params).is_some_and(|s| s.as_bytes().ct_eq(header.as_bytes()).into())
    };
    !token.is_empty() && (fits(&without_port(url)) || fits(&with_port(url)))
}

/// Base64 of HMAC-SHA-1 over the address, then names and values sorted, each pair once.
fn signature(token: &[u8], url: &str, params: &[(String, String)]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(token).ok()?;
    mac.update(url.as_bytes());
    for (name, value) in params.iter().collect::<BTreeSet<_>>() {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Some(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// Scheme with `://`, host, port if one stands there, and the rest.
fn split(url: &str) -> (&str, &str, Option<&str>, &str) {
    let host_start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(host_start);
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // The colons of an IPv6 address stand in brackets.
    let colon = authority.rfind(':').filter(|&at| authority.rfind(']').is_none_or(|end| end < at));
    match colon {
        Some(at) => (scheme, &authority[..at], Some(&authority[at + 1..]), rest),
        None => (scheme, authority, None, rest),
    }
}

fn without_port(url: &str) -> String {
    let (scheme, host, _, rest) = split(url);
    format!("{scheme}{host}{rest}")
}

fn with_port(url: &str) -> String {
    let (scheme, host, port, rest) = split(url);
    let default = if scheme == "https://" { "443" } else { "80" };
    format!("{scheme}{host}:{}{rest}", port.unwrap_or(default))
}

/// Reads a callback whose signature is good: the raw query holds our name of the delivery, the form
/// says what became of it. `None` for a status that says nothing about a message of ours.
pub fn parse(query: &str, params: &[(String, String)]) -> Result<Option<Callback>, Malformed> {
    let delivery = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "delivery")
        .and_then(|(_, delivery)| delivery.parse().ok())
        .ok_or(Malformed("no delivery"))?;
    let find = |name: &str| {
        let value = params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    };
    let message_id = find("MessageSid").or(find("SmsSid")).ok_or(Malformed("no MessageSid"))?;
    let status =
        find("MessageStatus").or(find("SmsStatus")).ok_or(Malformed("no MessageStatus"))?;
    let Some(status) = reached(status) else {
        return Ok(None);
    };
    let failed = status == DeliveryStatus::Failed;
    Ok(Some(Callback::Receipt(Receipt {
        delivery,
        message_id: message_id.to_owned(),
        status,
        failure: failed.then(|| failure(find("ErrorCode"))),
        // RawDlrDoneDate is to the minute, in the carrier's own zone, and often missing.
        at: None,
    })))
}

fn reached(status: &str) -> Option<DeliveryStatus> {
    Some(match status {
        // Old news where the answer to the send came through, and the only news where it did not.
        "accepted" | "scheduled" | "queued" | "sending" => DeliveryStatus::Accepted,
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" => DeliveryStatus::Read,
        "undelivered" | "failed" | "canceled" => DeliveryStatus::Failed,
        // `receiving`, `received`: somebody's text to us. `partially_delivered`: to a group.
        _ => return None,
    })
}

fn failure(code: Option<&str>) -> Reaction {
    let code = code.and_then(|code| code.parse().ok());
    let reaction = twilio_errors::judge(code, None);
    reaction.warn("twilio", code);
    reaction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_and_taken_away() {
        for (url, without, with) in [
            ("https://a.com/x?y=1:2", "https://a.com/x?y=1:2", "https://a.com:443/x?y=1:2"),
            ("http://a.com", "http://a.com", "http://a.com:80"),
            ("https://a.com:8443/x", "https://a.com/x", "https://a.com:8443/x"),
            ("http://[::1]/x", "http://[::1]/x", "http://[::1]:80/x"),
            ("http://[::1]:90?x", "http://[::1]?x", "http://[::1]:90?x"),
            ("", "", ":80"),
        ] {
            assert_eq!(without_port(url), without);
            assert_eq!(with_port(url), with);
        }
    }

    #[test]
    fn a_slash_at_the_end_of_the_public_address_changes_nothing() {
        let url = "https://otp.example.com/webhooks/twilio?delivery=x";
        assert_eq!(called_url("https://otp.example.com", "delivery=x"), url);
        assert_eq!(called_url("https://otp.example.com/", "delivery=x"), url);
    }
}
