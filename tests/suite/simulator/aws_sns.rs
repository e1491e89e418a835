//! SNS: subscriptions, signatures, attempts, and notifications that are not to be believed.

use std::time::Duration;

use aws_sdk_sns::{error::ProvideErrorMetadata, types::MessageAttributeValue};
use pombo::simulator::aws::Forgery;
use serde_json::{Value, json};

use super::{
    aws_rig::{is_well_signed, with},
    rig::{Call, Rig, WELL, hurried},
};

const CERTIFICATE: &str = include_str!("../../fixtures/sns_test_cert.pem");

#[test]
fn the_outsider_agrees_with_the_fixtures_and_finds_a_change() {
    for text in [
        include_str!("../../fixtures/sns_notification_v1.json"),
        include_str!("../../fixtures/sns_notification_v2.json"),
        include_str!("../../fixtures/sns_subscription_confirmation_v2.json"),
    ] {
        let mut fields: Value = serde_json::from_str(text).unwrap();
        assert!(is_well_signed(CERTIFICATE, &fields));
        fields["Message"] = json!("another");
        assert!(!is_well_signed(CERTIFICATE, &fields));
    }
}

/// The certificate that a call names, fetched from there.
async fn certificate(rig: &Rig, call: &Call) -> String {
    let url = call.json()["SigningCertURL"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&rig.simulator.aws().certificate_url_prefix()));
    rig.http.get(url).send().await.unwrap().text().await.unwrap()
}

async fn signs_with(version: &str) {
    let rig = Rig::with(with(|aws| aws.signature_version = version.into())).await;
    let (aws, topic) = (rig.simulator.aws(), rig.settings.aws.events_topic.clone());
    aws.subscribe_to(&topic, &format!("{}/events", rig.hooks.base)).await;
    let confirmation = rig.hooks.next().await;
    let certificate = certificate(&rig, &confirmation).await;
    assert!(is_well_signed(&certificate, &confirmation.json()));
    let url = confirmation.json()["SubscribeURL"].as_str().unwrap().to_owned();
    rig.http.get(url).send().await.unwrap();
    aws.notify(&topic, "plain\ntext").await;
    let plain = rig.hooks.next().await.json();
    rig.sns().publish().topic_arn(&topic).message("m").subject("S").send().await.unwrap();
    let with_subject = rig.hooks.next().await.json();
    assert_eq!(with_subject["Subject"], "S");
    for fields in [plain, with_subject] {
        assert_eq!(fields["SignatureVersion"], version);
        assert!(is_well_signed(&certificate, &fields), "{fields}");
    }
}

#[tokio::test]
async fn an_outsider_accepts_signatures_of_version_1() {
    signs_with("1").await;
}

#[tokio::test]
async fn an_outsider_accepts_signatures_of_version_2() {
    signs_with("2").await;
}

#[tokio::test]
async fn headers_say_what_the_call_is() {
    let rig = Rig::with(hurried()).await;
    let topic = &rig.settings.aws.sms_topic;
    rig.simulator.aws().subscribe_to(topic, &rig.hooks.base).await;
    let confirmation = rig.hooks.next().await;
    assert_eq!(confirmation.header("content-type"), "text/plain; charset=UTF-8");
    assert_eq!(confirmation.header("x-amz-sns-message-type"), "SubscriptionConfirmation");
    assert_eq!(confirmation.header("x-amz-sns-topic-arn"), topic);
    assert!(!confirmation.headers.contains_key("x-amz-sns-subscription-arn"));
    let url = confirmation.json()["SubscribeURL"].as_str().unwrap().to_owned();
    rig.http.get(url).send().await.unwrap();
    rig.simulator.aws().notify(topic, "{}").await;
    let notification = rig.hooks.next().await;
    assert_eq!(notification.header("x-amz-sns-message-type"), "Notification");
    assert_eq!(notification.header("x-amz-sns-message-id"), notification.json()["MessageId"]);
    assert!(notification.header("x-amz-sns-subscription-arn").starts_with(topic.as_str()));
}

#[tokio::test]
async fn nothing_is_told_before_the_subscription_is_confirmed() {
    let rig = Rig::start().await;
    let aws = rig.simulator.aws();
    aws.subscribe().await;
    let topic = &rig.settings.aws.whatsapp_topic;
    let asked = [rig.hooks.next().await, rig.hooks.next().await];
    assert!(asked.iter().all(|call| call.json()["Type"] == "SubscriptionConfirmation"));
    aws.notify(topic, "too early").await;
    assert!(!aws.confirmed(topic));
    let url = asked[0].json()["SubscribeURL"].as_str().unwrap().to_owned();
    let wrong = rig.http.get(format!("{url}x")).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert!(!aws.confirmed(topic));
    rig.http.get(url).send().await.unwrap();
    aws.wait_until_confirmed(topic).await;
    aws.notify(topic, "now").await;
    assert_eq!(rig.hooks.next().await.json()["Message"], "now");
}

#[tokio::test]
async fn a_subscription_can_be_confirmed_by_the_api() {
    let rig = Rig::start().await;
    let topic = &rig.settings.aws.sms_topic;
    rig.simulator.aws().subscribe_to(topic, &rig.hooks.base).await;
    let token = rig.hooks.next().await.json()["Token"].as_str().unwrap().to_owned();
    let confirm = rig.sns().confirm_subscription().topic_arn(topic).token(token);
    let arn = confirm.send().await.unwrap().subscription_arn.unwrap();
    assert!(arn.starts_with(topic.as_str()));
    assert!(rig.simulator.aws().confirmed(topic));
}

#[tokio::test]
async fn only_an_answer_beyond_499_is_followed_by_another_attempt() {
    let rig = Rig::subscribed(hurried()).await;
    let topic = &rig.settings.aws.sms_topic;
    rig.hooks.answer([500, 503, 502]);
    rig.simulator.aws().notify(topic, "first").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(rig.hooks.next().await.header("x-amz-sns-message-id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "it is the same notification each time");
    rig.hooks.answer([403, 429, 302]);
    for _ in 0..3 {
        rig.simulator.aws().notify(topic, "refused").await;
        assert_eq!(rig.hooks.next().await.json()["Message"], "refused");
    }
    rig.simulator.aws().notify(topic, "next").await;
    assert_eq!(rig.hooks.next().await.json()["Message"], "next");
}

#[tokio::test]
async fn after_three_more_attempts_a_notification_is_dropped() {
    let rig = Rig::subscribed(hurried()).await;
    let topic = &rig.settings.aws.sms_topic;
    rig.hooks.answer([500; 4]);
    rig.simulator.aws().notify(topic, "lost").await;
    for _ in 0..4 {
        assert_eq!(rig.hooks.next().await.json()["Message"], "lost");
    }
    // Twice as long as the next attempt would be away.
    tokio::time::sleep(rig.settings.pace.retry * 40).await;
    rig.simulator.aws().notify(topic, "next").await;
    assert_eq!(rig.hooks.next().await.json()["Message"], "next");
}

#[tokio::test]
async fn what_is_published_can_be_read_and_reaches_subscribers() {
    let rig = Rig::start().await;
    let (aws, topic) = (rig.simulator.aws(), rig.settings.aws.events_topic.clone());
    let kind = MessageAttributeValue::builder().data_type("String").string_value("verified");
    let publish = rig.sns().publish().topic_arn(&topic).message("{\"a\":1}");
    publish.message_attributes("type", kind.build().unwrap()).send().await.unwrap();
    let published = aws.wait_for_published(&topic, 1).await;
    assert_eq!(published[0].message, "{\"a\":1}");
    assert_eq!(published[0].attributes["type"], ("String".into(), "verified".into()));
    let stranger = rig.sns().publish().topic_arn(format!("{topic}-2")).message("m").send().await;
    assert_eq!(stranger.unwrap_err().code(), Some("NotFound"));
    let empty = rig.sns().publish().topic_arn(&topic).message("").send().await;
    assert_eq!(empty.unwrap_err().code(), Some("InvalidParameter"));
    let long = rig.sns().publish().topic_arn(&topic).message("x".repeat(262_145)).send().await;
    assert_eq!(long.unwrap_err().code(), Some("InvalidParameter"));
}

#[tokio::test]
async fn a_topics_attributes_are_told_of_the_accounts_own_alone() {
    let rig = Rig::start().await;
    let topic = &rig.settings.aws.events_topic;
    let ask = |arn: &str| rig.sns().get_topic_attributes().topic_arn(arn);
    for (arn, code) in [("pombo", "InvalidParameter"), (&format!("{topic}-2"), "NotFound")] {
        assert_eq!(ask(arn).send().await.unwrap_err().code(), Some(code), "{arn}");
    }
    rig.simulator.aws().subscribe_to(topic, &rig.hooks.base).await;
    let told = ask(topic).send().await.unwrap().attributes.unwrap();
    for (key, value) in [
        ("TopicArn", topic.as_str()),
        ("Owner", "123456789012"),
        ("SubscriptionsPending", "1"),
        ("SubscriptionsConfirmed", "0"),
        ("SignatureVersion", "2"),
    ] {
        assert_eq!(told[key], value);
    }
}

#[tokio::test]
async fn each_forgery_is_wrong_in_its_own_way() {
    let rig = Rig::start().await;
    let (aws, topic) = (rig.simulator.aws(), rig.settings.aws.sms_topic.clone());
    let certificate = aws.certificate();
    let elsewhere = "arn:aws:sns:us-east-1:999999999999:elsewhere".to_owned();
    let host = "http://localhost:1".to_owned();
    for (forgery, well_signed) in [
        (Forgery::None, true),
        (Forgery::Tampered, false),
        (Forgery::ForeignTopic(elsewhere.clone()), true),
        (Forgery::ForeignHost(host.clone()), true),
        (Forgery::ForeignKey, false),
        (Forgery::Old(Duration::from_secs(7_200)), true),
        (Forgery::Unsigned, false),
        (Forgery::Version("1".into()), true),
    ] {
        assert_eq!(aws.forge(&topic, "{}", &forgery).await, Some(200));
        let call = rig.hooks.next().await;
        assert_eq!(call.uri, "/webhooks/sns");
        let fields = call.json();
        assert_eq!(is_well_signed(&certificate, &fields), well_signed, "{forgery:?}");
        let foreign = fields["TopicArn"] != topic;
        assert_eq!(foreign, forgery == Forgery::ForeignTopic(elsewhere.clone()));
        let abroad = fields["SigningCertURL"].as_str().unwrap().starts_with(&host);
        assert_eq!(abroad, forgery == Forgery::ForeignHost(host.clone()));
    }
    aws.forge(&topic, "{}", &Forgery::Raw).await;
    let raw = rig.hooks.next().await;
    assert_eq!((raw.header("x-amz-sns-rawdelivery"), &raw.raw[..]), ("true", &b"{}"[..]));
}

#[tokio::test]
async fn a_question_can_lead_anywhere() {
    let rig = Rig::start().await;
    let (aws, topic) = (rig.simulator.aws(), &rig.settings.aws.sms_topic);
    let url = "http://elsewhere.example.com/?Action=ConfirmSubscription";
    rig.hooks.answer([403]);
    assert_eq!(aws.ask_to_visit(topic, url).await, Some(403));
    let fields = rig.hooks.next().await.json();
    assert_eq!(fields["SubscribeURL"], url);
    assert!(is_well_signed(&aws.certificate(), &fields));
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_there() {
    let rig = Rig::start().await;
    let url = format!("{}other.pem", rig.simulator.aws().certificate_url_prefix());
    assert_eq!(rig.http.get(url).send().await.unwrap().status(), 404);
    // The counter-test, that the right one is.
    rig.simulator.aws().forge(&rig.settings.aws.sms_topic, WELL, &Forgery::None).await;
    let call = rig.hooks.next().await;
    assert!(certificate(&rig, &call).await.starts_with("-----BEGIN CERTIFICATE-----"));
}
