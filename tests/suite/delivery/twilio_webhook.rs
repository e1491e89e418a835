//! Twilio's callbacks: recorded ones, forged ones, odd ones.

use pombo::{
    delivery::{
        Callback, Malformed, Receipt,
        sms::twilio_webhook::{
            Params, callback_url, called_url, parse, parse_form, verify_signature,
        },
    },
    otp::{DeliveryStatus, FailureReason},
};
use serde_json::Value;

use super::{delivery, text, vectors};

const SHA1: &str = "X-Twilio-Signature (HMAC_SHA1)";
const SHA256: &str = "X-Twilio-Signature (HMAC_SHA256, with X-Twilio-Webhooks-Signature-Settings)";

/// Parameters written as an object or as a list of pairs.
fn params(value: &Value) -> Params {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        Value::Array(pairs) => pairs.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        other => panic!("{other}"),
    }
}

fn form(pairs: &[(&str, &str)]) -> Params {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What becomes of a callback about our delivery.
fn receipt(pairs: &[(&str, &str)]) -> Result<Option<Receipt>, Malformed> {
    let query = format!("delivery={}", delivery());
    Ok(parse(&query, &form(pairs))?.map(|callback| match callback {
        Callback::Receipt(receipt) => receipt,
        _ => panic!("Twilio tells of messages alone"),
    }))
}

#[test]
fn signatures_of_twilios_own_library_are_good() {
    for vector in vectors("twilio_signature_vectors.json") {
        let (url, secret) = (text(&vector["url"]), text(&vector["secret"]));
        let params = params(&vector["params"]);
        assert!(
            verify_signature(&secret.as_str().into(), &url, &params, &text(&vector[SHA1])),
            "{url}"
        );
    }
    for vector in vectors("twilio_signature_ports_and_repeats.json") {
        let (url, secret) = (text(&vector["url"]), text(&vector["secret"]));
        let mut params = params(&vector["params"]);
        let signature = text(&vector["signature"]);
        assert!(verify_signature(&secret.as_str().into(), &url, &params, &signature), "{vector}");
        params.reverse();
        assert!(verify_signature(&secret.as_str().into(), &url, &params, &signature), "{vector}");
    }
}

#[test]
fn the_newer_scheme_has_another_key_and_is_refused() {
    for vector in vectors("twilio_signature_vectors.json") {
        let (url, secret) = (text(&vector["url"]), text(&vector["secret"]));
        let params = params(&vector["params"]);
        assert!(!verify_signature(&secret.as_str().into(), &url, &params, &text(&vector[SHA256])));
    }
}

#[test]
fn a_forged_callback_is_refused() {
    let vector = &vectors("twilio_signature_vectors.json")[1];
    let (url, secret, header) =
        (text(&vector["url"]), text(&vector["secret"]), text(&vector[SHA1]));
    let good = params(&vector["params"]);
    let signed = |secret: &str, url: &str, params: &Params, header: &str| {
        verify_signature(&secret.into(), url, params, header)
    };
    assert!(signed(&secret, &url, &good, &header));
    assert!(!signed("another", &url, &good, &header));
    assert!(!signed(&secret, &url.replace("at_01", "at_02"), &good, &header));
    assert!(!signed(&secret, &url.replace("https", "http"), &good, &header));
    assert!(!signed(&secret, &url, &good, ""));
    for at in 0..good.len() {
        let mut forged = good.clone();
        forged[at].1.push('0');
        assert!(!signed(&secret, &url, &forged, &header));
        forged.remove(at);
        assert!(!signed(&secret, &url, &forged, &header));
    }
    let mut longer = good.clone();
    longer.push(("New".to_owned(), "1".to_owned()));
    assert!(!signed(&secret, &url, &longer, &header));
    for at in 0..header.len() {
        let mut forged = header.clone().into_bytes();
        forged[at] ^= 1;
        assert!(!signed(&secret, &url, &good, &String::from_utf8(forged).unwrap()), "{at}");
    }
}

#[test]
fn without_a_token_nothing_is_genuine() {
    // Base64 of HMAC-SHA-1 over "https://a.com/" with an empty key: anybody can compute it.
    let header = "8oJmAf8oF0cwwLsliIQ3HnMfLd0=";
    assert!(!verify_signature(&"".into(), "https://a.com/", &[], header));
}

#[test]
fn statuses_are_read() {
    use DeliveryStatus::{Accepted, Delivered, Failed, Read, Sent};
    for (word, reached) in [
        ("accepted", Some(Accepted)),
        ("scheduled", Some(Accepted)),
        ("queued", Some(Accepted)),
        ("sending", Some(Accepted)),
        ("sent", Some(Sent)),
        ("delivered", Some(Delivered)),
        ("read", Some(Read)),
        ("undelivered", Some(Failed)),
        ("failed", Some(Failed)),
        ("canceled", Some(Failed)),
        ("partially_delivered", None),
        ("receiving", None),
        ("received", None),
        ("new_in_2027", None),
    ] {
        let receipt = receipt(&[("MessageSid", "SM1"), ("MessageStatus", word)]).unwrap();
        assert_eq!(receipt.as_ref().map(|receipt| receipt.status), reached, "{word}");
        if let Some(receipt) = receipt {
            assert_eq!((receipt.delivery, receipt.message_id.as_str()), (delivery(), "SM1"));
            assert_eq!(
                receipt.failure.map(|it| it.reason),
                (reached == Some(Failed)).then_some(FailureReason::Other)
            );
        }
    }
}

#[test]
fn a_failure_has_its_reason() {
    for (code, reason) in [
        ("30003", FailureReason::Unreachable),
        ("30450", FailureReason::BlockedAsFraud),
        ("99999", FailureReason::Other),
        ("", FailureReason::Other),
        ("x", FailureReason::Other),
    ] {
        let pairs = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", code)];
        assert_eq!(
            receipt(&pairs).unwrap().unwrap().failure.map(|it| it.reason),
            Some(reason),
            "{code}"
        );
    }
    let delivered = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("ErrorCode", "30003")];
    assert_eq!(receipt(&delivered).unwrap().unwrap().failure, None);
}

#[test]
fn the_recorded_callback_is_understood_by_either_set_of_names() {
    let recorded = params(&vectors("twilio_signature_vectors.json")[1]["params"]);
    for dropped in ["Message", "Sms"] {
        let left: Vec<_> = recorded.iter().filter(|(name, _)| !name.starts_with(dropped)).collect();
        let left: Vec<_> =
            left.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let receipt = receipt(&left).unwrap().unwrap();
        assert_eq!(receipt.message_id, "SM1342fe1b2c904d1ab04f0fc7a58abca9");
        assert_eq!(receipt.failure.map(|it| it.reason), Some(FailureReason::Unreachable));
    }
}

#[test]
fn a_callback_that_names_no_delivery_message_or_status_is_malformed() {
    let good = form(&[("MessageSid", "SM1"), ("MessageStatus", "sent")]);
    for query in ["", "delivery=", "delivery=ch_short.1", "other=1"] {
        assert!(parse(query, &good).is_err(), "{query}");
    }
    for pairs in [&[("MessageSid", "SM1")], &[("MessageStatus", "sent")], &[("MessageSid", "")]] {
        assert!(receipt(pairs).is_err(), "{pairs:?}");
    }
}

#[test]
fn a_callback_comes_back_to_where_it_was_asked_to() {
    let url = callback_url("https://otp.example.com/", delivery());
    let query = url.split_once('?').unwrap().1;
    assert_eq!(called_url("https://otp.example.com", query), url);
    let params = form(&[("MessageSid", "SM1"), ("MessageStatus", "sent")]);
    assert!(parse(query, &params).ok().flatten().is_some());
}

#[test]
fn a_form_keeps_every_parameter() {
    let expected = form(&[("a", "1 2"), ("b", ""), ("a", "+é"), ("c", "")]);
    assert_eq!(parse_form("a=1+2&b=&a=%2B%C3%A9&c".as_bytes()), expected);
}
