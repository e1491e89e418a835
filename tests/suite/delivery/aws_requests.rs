//! What AWS gets to see, judged by botocore's models of its services.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::delivery::{Again, Messenger, aws::Access, sms, whatsapp};
use serde_json::{Value, json};

use super::{
    CODE, NUMBER, PATIENCE, assert_discreet, delivery, message,
    provider::{Provider, Request, nobody},
    rate,
};
use crate::support::outsider::judge;

const PHONE: &str = "phone-number-id-976c72a700aac43eaf573ae050e00000";

pub fn access(url: String) -> Access {
    Access {
        region: "us-east-1".to_owned(),
        endpoint_url: Some(url),
        keys: Some(("AKIAFORTESTS00000000".to_owned(), "made up".to_owned().into())),
    }
}

pub async fn by_whatsapp(url: String) -> whatsapp::aws::Aws {
    let settings = whatsapp::aws::AwsSettings {
        access: access(url),
        phone_number_id: PHONE.to_owned(),
        api_version: "v20.0".to_owned(),
        template: whatsapp::Template {
            name: "verification_code".to_owned(),
            language: "pt_BR".to_owned(),
            languages: [("en".to_owned(), "en_US".to_owned())].into(),
        },
        rate: rate(),
    };
    whatsapp::aws::Aws::new(settings).await
}

pub async fn by_sms(url: String) -> sms::aws::Aws {
    let texts = sms::Texts::new(sms::TextSettings {
        brand: "Pombo".to_owned(),
        text: None,
        texts: Default::default(),
        transaction_text: None,
        transaction_texts: Default::default(),
        web_otp_host: Some("example.com".to_owned()),
        android_hash: None,
    });
    let settings = sms::aws::AwsSettings {
        access: access(url),
        origination_identity: Some("+12065550152".to_owned()),
        configuration_set: Some("pombo".to_owned()),
        protect_configuration: Some("protect-0123456789abcdef0123456789abcdef".to_owned()),
        max_price: Some("0.50".to_owned()),
        texts: texts.unwrap(),
        rate: rate(),
    };
    sms::aws::Aws::new(settings).await
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn case(service: &str, operation: &str, input: &Value, expect: bool) -> Value {
    json!({ "service": service, "operation": operation, "input": input, "expect": expect })
}

/// The input, and copies with one member each spoilt.
fn cases(service: &str, operation: &str, input: &Value, spoilt: &[(&str, Value)]) -> Vec<Value> {
    let spoilt = spoilt.iter().map(|(name, value)| {
        let mut wrong = input.clone();
        wrong[*name] = value.clone();
        case(service, operation, &wrong, false)
    });
    spoilt.chain([case(service, operation, input, true)]).collect()
}

#[tokio::test]
async fn the_message_of_the_cloud_api_travels_inside() {
    let aws = Provider::answering(200, json!({ "messageId": "a-uuid" })).await;
    let sender = by_whatsapp(aws.url()).await;
    let accepted = sender.send(&message(), PATIENCE).await.unwrap();
    assert_eq!((accepted.message_id, accepted.alias.as_deref()), (None, Some("a-uuid")));

    let request = aws.request();
    assert_eq!(request.uri.path(), "/v1/whatsapp/send");
    assert!(request.header("authorization").contains("/us-east-1/social-messaging/aws4_request"));
    let input = body(&request);
    let inside = BASE64_STANDARD.decode(input["message"].as_str().unwrap()).unwrap();
    let inside: Value = serde_json::from_slice(&inside).unwrap();
    assert_eq!(inside["to"], NUMBER.trim_start_matches('+'));
    assert_eq!(inside["biz_opaque_callback_data"], delivery().to_string());
    assert_eq!(inside["template"]["components"][0]["parameters"][0]["text"], CODE);

    let spoilt = [
        ("metaApiVersion", json!(20)),
        ("originationPhoneNumberId", json!("")),
        ("message", json!("no base64 !")),
        ("unknown", json!(1)),
    ];
    let cases = cases("socialmessaging", "SendWhatsAppMessage", &input, &spoilt);
    assert_eq!(judge("aws_requests.py", &cases), Ok(cases.len()));
}

#[tokio::test]
async fn a_text_message_says_what_it_is_whose_and_how_long_it_is_worth_sending() {
    let aws = Provider::answering(200, json!({ "MessageId": "862a8790" })).await;
    let sender = by_sms(aws.url()).await;
    let accepted = sender.send(&message(), PATIENCE).await.unwrap();
    assert_eq!(accepted.message_id.as_deref(), Some("862a8790"));
    assert_eq!(accepted.reference.as_deref(), Some("862a8790"));

    let request = aws.request();
    assert_eq!(request.header("x-amz-target"), "PinpointSMSVoiceV2.SendTextMessage");
    assert!(request.header("authorization").contains("/us-east-1/sms-voice/aws4_request"));
    let input = body(&request);
    assert_eq!(input["MessageType"], "TRANSACTIONAL");
    assert_eq!(input["DestinationPhoneNumber"], NUMBER);
    assert_eq!(input["Context"], json!({ "delivery": delivery().to_string() }));
    assert_eq!(input["TimeToLive"], 299, "no longer than the code lives");
    assert!(input["MessageBody"].as_str().unwrap().ends_with(&format!("@example.com #{CODE}")));
    assert_eq!(input["MessageFeedbackEnabled"], true);

    let spoilt = [
        ("DestinationPhoneNumber", json!("0123")),
        ("MaxPrice", json!("1")),
        ("TimeToLive", json!(4)),
        ("MessageType", json!("OTP")),
        ("Context", json!({ "a b": "x" })),
        ("MessageBody", json!("")),
    ];
    let cases = cases("pinpoint-sms-voice-v2", "SendTextMessage", &input, &spoilt);
    assert_eq!(judge("aws_requests.py", &cases), Ok(cases.len()));
}

#[tokio::test]
async fn feedback_tells_whether_the_code_was_given() {
    let aws = Provider::answering(200, json!({})).await;
    let sender = by_sms(aws.url()).await;
    sender.conclude("862a8790", true).await;
    sender.conclude("862a8791", false).await;
    let inputs: Vec<_> = aws.requests().iter().map(body).collect();
    assert_eq!(inputs[0]["MessageFeedbackStatus"], "RECEIVED");
    assert_eq!(inputs[1]["MessageFeedbackStatus"], "FAILED");
    let spoilt = [("MessageFeedbackStatus", json!("SEEN"))];
    let cases = cases("pinpoint-sms-voice-v2", "PutMessageFeedback", &inputs[0], &spoilt);
    assert_eq!(judge("aws_requests.py", &cases), Ok(cases.len()));
}

#[tokio::test]
async fn what_a_broken_exchange_means_is_told_by_how_far_it_got() {
    let hanging = Provider::hanging().await;
    let closing = Provider::hanging_up_after("").await;
    let odd = Provider::answering(200, "<html>").await;
    for (url, again) in [
        (hanging.url(), Again::Unclear),
        (nobody().await, Again::Yes),
        (closing.url(), Again::Broken),
        (odd.url(), Again::Unclear),
    ] {
        let sender = by_sms(url.clone()).await;
        let error = sender.send(&message(), Duration::from_millis(500)).await.err().unwrap();
        assert_eq!((error.reaction.again, error.reaction.scope), (again, None), "{error}");
        assert_discreet(&error);
    }
}
