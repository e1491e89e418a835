//! Signatures, held against vectors and against an outsider's judgement.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use pombo::simulator::{meta, twilio};
use serde_json::{Value, json};

use super::rig::Rig;

fn vectors(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn twilio_vectors() -> Vec<Value> {
    vectors(include_str!("../../fixtures/twilio_signature_vectors.json"))
}

#[test]
fn whatsapp_signatures_agree_with_the_vectors() {
    for vector in vectors(include_str!("../../fixtures/wa_signature_vectors.json")) {
        let secret = vector["app_secret"].as_str().unwrap();
        let raw = vector["raw_body"].as_str().unwrap();
        assert_eq!(vector["X-Hub-Signature-256"], meta::sign(secret, raw.as_bytes()));
    }
}

#[test]
fn twilio_signatures_agree_with_the_vectors() {
    for vector in twilio_vectors() {
        let params = vector["params"].as_object().unwrap();
        let params: Vec<_> =
            params.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let (url, secret) = (vector["url"].as_str().unwrap(), vector["secret"].as_str().unwrap());
        assert_eq!(vector["X-Twilio-Signature (HMAC_SHA1)"], twilio::sign(url, &params, secret));
    }
}

/// Twilio's own library, in the Python that `POMBO_TEST_PYTHON` names.
fn judge(cases: &[Value]) -> Output {
    let python = std::env::var("POMBO_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut judge = Command::new(&python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outsiders/twilio_signatures.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run {python}, which judges signatures: {error}"));
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    // It may have given up before reading everything; its verdict says so.
    let _ = judge.stdin.take().unwrap().write_all(lines.as_bytes());
    judge.wait_with_output().unwrap()
}

#[track_caller]
fn agrees(cases: &[Value]) {
    let output = judge(cases);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "Twilio's own library disagrees: {complaint}");
    let count = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(count, cases.len().to_string(), "every case is judged");
}

fn case(url: &str, params: &Value, signature: &str, secret: &str, expect: bool) -> Value {
    json!({
        "url": url,
        "params": params,
        "signature": signature,
        "secret": secret,
        "expect": expect,
    })
}

#[tokio::test]
async fn twilios_own_library_accepts_each_callback_and_rejects_a_tampered_one() {
    let rig = Rig::start().await;
    rig.sms("+5511987654308").await;
    rig.sms("+5511987654305").await;
    let secret = &rig.settings.twilio.auth_token;
    let mut cases = Vec::new();
    for _ in 0..6 {
        let call = rig.hooks.next().await;
        let url = format!("{}{}", rig.hooks.base, call.uri);
        let params: serde_json::Map<_, _> =
            call.form().into_iter().map(|(name, value)| (name, json!(value))).collect();
        let signature = call.header("x-twilio-signature");
        let mut tampered = params.clone();
        tampered["MessageStatus"] = json!("read");
        let elsewhere = url.replace("c1.1", "c1.2");
        let (params, tampered) = (json!(params), json!(tampered));
        cases.extend([
            case(&url, &params, signature, secret, true),
            case(&url, &tampered, signature, secret, false),
            case(&elsewhere, &params, signature, secret, false),
            case(&url, &params, signature, "another-token", false),
        ]);
    }
    agrees(&cases);
}

#[test]
fn twilios_own_library_agrees_with_the_vectors() {
    let cases: Vec<_> = twilio_vectors()
        .iter()
        .map(|vector| {
            let (url, secret) =
                (vector["url"].as_str().unwrap(), vector["secret"].as_str().unwrap());
            let signature = vector["X-Twilio-Signature (HMAC_SHA1)"].as_str().unwrap();
            case(url, &vector["params"], signature, secret, true)
        })
        .collect();
    agrees(&cases);
}

#[test]
fn the_outsider_finds_a_wrong_signature() {
    let wrong = case("https://otp.example.com/", &json!({}), "AAAA", "secret", true);
    assert!(!judge(&[wrong]).status.success());
}
