//! Signatures, held against vectors and against an outsider's judgement.

use pombo::simulator::{meta, twilio};
use serde_json::{Value, json};

use super::rig::Rig;
use crate::support::outsider;

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

/// Twilio's own library.
fn judge(cases: &[Value]) -> Result<usize, String> {
    outsider::judge("twilio_signatures.py", cases)
}

#[track_caller]
fn agrees(cases: &[Value]) {
    assert_eq!(judge(cases), Ok(cases.len()), "Twilio's own library");
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
    assert!(judge(&[wrong]).is_err());
}
