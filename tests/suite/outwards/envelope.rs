//! What every event must be: a CloudEvent by the letter of its specification, and signed.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use super::{SECRET, receiver::Came};

/// CloudEvents 1.0, the JSON format in structured mode, and what Pombo promises beyond it.
#[track_caller]
pub fn is_valid(came: &Came, source: &str) {
    let event = came.event.as_object().expect("an event is one object");
    assert_eq!(came.headers["content-type"], "application/cloudevents+json; charset=utf-8");
    for required in ["specversion", "id", "source", "type"] {
        assert!(!came.text(required).is_empty(), "{required} is missing: {event:?}");
    }
    assert_eq!(came.text("specversion"), "1.0");
    assert_eq!(came.text("source"), source);
    assert_eq!(came.text("datacontenttype"), "application/json");
    assert_eq!(came.headers["webhook-id"], came.text("id"));
    for (name, value) in event {
        let plain = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        assert!(plain && name.len() <= 20, "{name} is no attribute's name");
        assert!(name == "data" || value.is_string(), "{name}: {value}");
    }
    assert!(is_rfc3339(came.text("time")), "{}", came.text("time"));
    assert_eq!(came.text("subject").len(), 55);
    let data = event["data"].as_object().expect("data is an object");
    assert!(data.values().all(|value| !value.is_null()), "{data:?}");
    let masked = data["recipient"].as_str().unwrap();
    assert!(masked.starts_with("+55*") && masked.matches('*').count() == 9, "{masked}");
}

/// `2026-07-17T12:06:05.25Z`, with or without a fraction.
fn is_rfc3339(text: &str) -> bool {
    let Some((date, fraction)) = text.strip_suffix('Z').and_then(|text| text.split_at_checked(19))
    else {
        return false;
    };
    let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let digits = fraction.strip_prefix('.').unwrap_or("0");
    shape == "0000-00-00T00:00:00" && digits.bytes().all(|c| c.is_ascii_digit())
}

/// Lets the receiver's code in `docs/EVENTS.md`, run by Python, judge what came.
pub fn signatures_hold(came: &[Came]) {
    let cases: String = came.iter().map(|came| format!("{}\n", case(came))).collect();
    let root = env!("CARGO_MANIFEST_DIR");
    let python = std::env::var("POMBO_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut judge = Command::new(&python)
        .arg(format!("{root}/tests/outsiders/event_signatures.py"))
        .arg(format!("{root}/docs/EVENTS.md"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run {python}, which judges signatures: {error}"));
    // It may have given up before reading everything; its verdict says so.
    let _ = judge.stdin.take().unwrap().write_all(cases.as_bytes());
    let output = judge.wait_with_output().unwrap();
    let (judged, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaint}");
    assert_eq!(judged.trim(), came.len().to_string());
}

fn case(came: &Came) -> serde_json::Value {
    let header = |name: &str| came.headers[name].to_str().unwrap();
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    json!({
        "secret": SECRET,
        "headers": names.map(|name| (name, header(name))).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "body": BASE64_STANDARD.encode(&came.body),
    })
}
