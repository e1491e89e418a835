//! Who may call AWS: requests that its own clients signed, and what is refused of others.

use aws_sdk_sts::error::ProvideErrorMetadata;
use pombo::simulator::AwsAccount;
use reqwest::Method;
use serde_json::Value;

use super::{
    aws_rig::{sms_at, social_at, sts_at},
    rig::{Call, Rig, WELL, hurried},
};

/// A request as AWS's own client signed it, caught on its way.
async fn caught(rig: &Rig) -> Call {
    let account = hurried().aws;
    let client = sms_at(&account, &rig.hooks.base);
    let send = client.send_text_message().destination_phone_number(WELL).message_body("123456");
    // The listener's answer is none that the client understands.
    let _ = send.send().await;
    rig.hooks.next().await
}

/// Sends it on with these headers replaced, and with this body.
async fn replay(rig: &Rig, call: &Call, changed: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
    let mut again = rig.http.request(Method::POST, rig.simulator.aws_url());
    for (name, value) in &call.headers {
        let replaced = changed.iter().any(|(changed, _)| name == *changed);
        if !replaced && name != "content-length" {
            again = again.header(name, value);
        }
    }
    for (name, value) in changed.iter().filter(|(_, value)| !value.is_empty()) {
        again = again.header(*name, *value);
    }
    let answer = again.body(body.to_vec()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn name(rig: &Rig, call: &Call, changed: &[(&str, &str)]) -> String {
    let (status, answer) = replay(rig, call, changed, &call.raw).await;
    assert_eq!(status, 403, "{answer}");
    answer["__type"].as_str().unwrap().rsplit('#').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_is_taken_as_it_was_signed() {
    let rig = Rig::start().await;
    let call = caught(&rig).await;
    let (status, answer) = replay(&rig, &call, &[], &call.raw).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_request_that_has_changed_since_is_refused() {
    let rig = Rig::start().await;
    let call = caught(&rig).await;
    let body = String::from_utf8(call.raw.to_vec()).unwrap().replace("123456", "654321");
    let (status, answer) = replay(&rig, &call, &[], body.as_bytes()).await;
    assert_eq!(status, 403);
    assert!(answer["__type"].as_str().unwrap().ends_with("InvalidSignatureException"));
    let header = call.header("authorization");
    let shorter = header.replace("x-amz-target", "x-amz-other");
    for changed in [
        ("x-amz-target", "PinpointSMSVoiceV2.DescribePhoneNumbers"),
        ("host", "elsewhere.example.com"),
        ("x-amz-date", "20150830T123600Z"),
        ("authorization", &shorter),
    ] {
        assert_eq!(name(&rig, &call, &[changed]).await, "InvalidSignatureException", "{changed:?}");
    }
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn a_request_without_a_signature_is_refused() {
    let rig = Rig::start().await;
    let call = caught(&rig).await;
    let missing = "MissingAuthenticationTokenException";
    assert_eq!(name(&rig, &call, &[("authorization", "")]).await, missing);
    assert_eq!(name(&rig, &call, &[("authorization", "Bearer token")]).await, missing);
    let url = format!("{}/v1/whatsapp/send", rig.simulator.aws_url());
    let answer = rig.http.post(url).json(&Value::Null).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()["x-amzn-errortype"], missing);
    assert!(answer.json::<Value>().await.unwrap()["message"].is_string());
}

async fn stranger(change: impl Fn(&mut AwsAccount)) -> [String; 3] {
    let rig = Rig::start().await;
    let mut account = rig.settings.aws.clone();
    change(&mut account);
    let url = rig.simulator.aws_url();
    let sts = sts_at(&account, &url).get_caller_identity().send().await.unwrap_err();
    let sms = sms_at(&account, &url).describe_phone_numbers().send().await.unwrap_err();
    let social = social_at(&account, &url).list_linked_whats_app_business_accounts().send().await;
    let social = social.unwrap_err();
    assert_eq!(sts.raw_response().unwrap().status().as_u16(), 403);
    [sts.code(), sms.code(), social.code()].map(|code| code.unwrap().to_owned())
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let names = stranger(|account| account.access_key_id = "AKIAOTHER".into()).await;
    let unrecognized = "UnrecognizedClientException";
    assert_eq!(names, ["InvalidClientTokenId", unrecognized, unrecognized]);
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let names = stranger(|account| account.secret_access_key.push('x')).await;
    let invalid = "InvalidSignatureException";
    assert_eq!(names, ["SignatureDoesNotMatch", invalid, invalid]);
}

#[tokio::test]
async fn another_region_is_refused() {
    let names = stranger(|account| account.region = "eu-west-1".into()).await;
    let invalid = "InvalidSignatureException";
    assert_eq!(names, ["SignatureDoesNotMatch", invalid, invalid]);
}

#[tokio::test]
async fn a_request_signed_for_another_service_is_refused() {
    let rig = Rig::start().await;
    let client = sts_at(&rig.settings.aws, &rig.hooks.base);
    let _ = client.get_caller_identity().send().await;
    let call = rig.hooks.next().await;
    let target = ("x-amz-target", "PinpointSMSVoiceV2.DescribePhoneNumbers");
    assert_eq!(name(&rig, &call, &[target]).await, "InvalidSignatureException");
}

#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let rig = Rig::start().await;
    let pools = rig.sms_v2().describe_pools().send().await.unwrap_err();
    assert_eq!(pools.code(), Some("UnknownOperationException"));
    let flows = rig.social().list_tags_for_resource().resource_arn("arn:aws:x").send().await;
    assert_eq!(flows.unwrap_err().code(), Some("UnknownOperationException"));
    let topics = rig.sns().list_topics().send().await.unwrap_err();
    assert_eq!(topics.code(), Some("InvalidAction"));
    let filtered = rig.sms_v2().describe_account_attributes().next_token("page-2").send().await;
    assert_eq!(filtered.unwrap_err().code(), Some("ValidationException"));
}

#[tokio::test]
async fn who_calls_is_told_who_that_is() {
    let rig = Rig::start().await;
    let identity = rig.sts().get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("123456789012"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::123456789012:user/pombo"));
}
