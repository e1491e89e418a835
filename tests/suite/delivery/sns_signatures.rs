//! Notifications of SNS: what we believe, the public validator believes, and nothing else.

use pombo::{
    delivery::sns::{Notification, signature::Key},
    simulator::{self, Settings, aws::Forgery},
};
use serde_json::{Value, json};

use super::{fixture, provider::Provider};
use crate::support::outsider::judge;

/// Where SNS itself would say that the certificate lies. What is signed leaves it out.
const ADDRESS: &str = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem";

fn believed(pem: &str, message: &Value) -> bool {
    let Ok(call) = Notification::parse(message.to_string().as_bytes()) else { return false };
    Key::of_certificate(pem.as_bytes()).is_some_and(|key| key.signed(&call))
}

/// Each way of changing a good call by a little. A subject that was not there is signed nowhere else.
fn tampered(message: &Value) -> Vec<Value> {
    let texts = message.as_object().unwrap().iter().filter(|(name, _)| {
        !matches!(name.as_str(), "SigningCertURL" | "UnsubscribeURL" | "Type" | "SignatureVersion")
    });
    let mut changed: Vec<_> = texts
        .map(|(name, value)| {
            let mut changed = message.clone();
            changed[name] = json!(format!("A{}", value.as_str().unwrap()));
            changed
        })
        .collect();
    if message["Type"] == "Notification" {
        let mut subject = message.clone();
        subject["Subject"] = json!("another");
        changed.push(subject);
    }
    changed
}

fn case(pem: &str, message: &Value, expect: bool) -> Value {
    assert_eq!(believed(pem, message), expect, "{message}");
    json!({ "pem": pem, "message": message, "expect": expect })
}

fn cases(pem: &str, message: &Value) -> Vec<Value> {
    let genuine = case(pem, message, true);
    let tampered = tampered(message).into_iter().map(|changed| case(pem, &changed, false));
    tampered.chain([genuine]).collect()
}

/// Notifications and a question, as the stand-in for SNS signs them in this version.
async fn published(version: &str) -> (String, Vec<Value>) {
    let mut settings = Settings::default();
    settings.aws.signature_version = version.to_owned();
    let topic = settings.aws.sms_topic.clone();
    let subscriber = Provider::answering(200, "").await;
    settings.webhook_base = subscriber.url();
    let simulator = simulator::start(settings).await.unwrap();
    let aws = simulator.aws();
    for message in ["{}", "two\nlines", "O código é \"123\" – ✓", " "] {
        aws.forge(&topic, message, &Forgery::None).await.unwrap();
    }
    aws.ask_to_visit(&topic, "https://sns.us-east-1.amazonaws.com/?Action=x&y=1").await.unwrap();
    let bodies = subscriber.requests().into_iter().map(|request| {
        let mut body: Value = serde_json::from_slice(&request.body).unwrap();
        body["SigningCertURL"] = json!(ADDRESS);
        body
    });
    (aws.certificate(), bodies.collect())
}

#[tokio::test]
async fn the_public_validator_agrees_on_both_versions() {
    let mut all = Vec::new();
    for version in ["1", "2"] {
        let (pem, bodies) = published(version).await;
        assert_eq!(bodies.len(), 5);
        all.extend(bodies.iter().flat_map(|body| cases(&pem, body)));
    }
    assert_eq!(judge("sns_signatures.js", &all), Ok(all.len()));
    println!("{} calls of SNS judged alike by sns-validator", all.len());
}

#[test]
fn the_public_validator_agrees_on_recorded_calls() {
    let pem = fixture("sns_test_cert.pem");
    let recorded = [
        "sns_notification_v1.json",
        "sns_notification_v2.json",
        "sns_subscription_confirmation_v2.json",
    ];
    let all: Vec<_> = recorded
        .iter()
        .flat_map(|name| cases(&pem, &serde_json::from_str(&fixture(name)).unwrap()))
        .collect();
    assert_eq!(judge("sns_signatures.js", &all), Ok(all.len()));
}

#[test]
fn the_judge_can_say_no() {
    let message: Value = serde_json::from_str(&fixture("sns_notification_v2.json")).unwrap();
    let wrong = json!({ "pem": fixture("sns_test_cert.pem"), "message": message, "expect": false });
    assert!(judge("sns_signatures.js", &[wrong]).is_err());
}
