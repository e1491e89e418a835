//! WhatsApp by AWS: what is refused, what is answered, and what SNS tells afterwards.

use aws_sdk_socialmessaging::{
    error::{ProvideErrorMetadata, SdkError},
    operation::send_whats_app_message::builders::SendWhatsAppMessageFluentBuilder as Send,
    primitives::Blob,
};
use pombo::simulator::{Behaviour, Channel, Fate, Step};
use serde_json::{Value, json};

use super::{
    aws_rig::with,
    rig::{CODE, Rig, WELL, hurried, otp},
};

/// Status and name of the exception.
async fn refusal(send: Send) -> (u16, String) {
    let error = send.send().await.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    (status, error.code().unwrap_or_default().to_owned())
}

fn named(status: u16, name: &str) -> (u16, String) {
    (status, name.to_owned())
}

#[tokio::test]
async fn a_message_arrives_and_sns_tells_of_it_in_awss_envelope() {
    let rig = Rig::subscribed(hurried()).await;
    let id = rig.to_whatsapp(WELL).send().await.unwrap().message_id.unwrap();
    for word in ["sent", "delivered", "read"] {
        let call = rig.hooks.next().await;
        let message = call.message();
        assert_eq!(message["context"]["MetaWabaIds"][0]["wabaId"], "102290129340398");
        assert_eq!(message["aws_account_id"], "123456789012");
        assert_eq!(message["message_timestamp"].as_str().unwrap().len(), 30);
        let status = call.whatsapp_status();
        assert_eq!(status["status"], word);
        assert_eq!(status["biz_opaque_callback_data"], "c1.1");
        assert_eq!(status["recipient_id"], &WELL[1..]);
        assert!(status["id"].as_str().unwrap().starts_with("wamid."));
        assert_ne!(message["messageId"], id, "an event has an id of its own");
        assert!(call.entry().get("object").is_none(), "it is one entry and no more");
    }
    assert_eq!(rig.simulator.inbox().messages(Some(WELL))[0].code, CODE);
}

#[tokio::test]
async fn a_tap_comes_the_same_way() {
    let rig = Rig::subscribed(hurried()).await;
    rig.to_whatsapp("+5511987654309").send().await.unwrap();
    let (_sent, _delivered) = (rig.hooks.next().await, rig.hooks.next().await);
    let tap = rig.hooks.next().await.entry();
    let message = &tap["changes"][0]["value"]["messages"][0];
    assert_eq!(message["button"]["payload"], "DID_NOT_REQUEST_CODE");
}

async fn failed_with(body: &Value) -> u64 {
    let rig = Rig::subscribed(hurried()).await;
    rig.carrying(body).send().await.unwrap();
    let status = rig.hooks.next().await.whatsapp_status();
    assert_eq!(
        (&status["status"], &status["biz_opaque_callback_data"]),
        (&json!("failed"), &json!("c1.1"))
    );
    assert!(rig.simulator.inbox().messages(None).is_empty());
    status["errors"][0]["code"].as_u64().unwrap()
}

#[tokio::test]
async fn what_meta_refuses_is_accepted_and_fails_by_receipt() {
    assert_eq!(failed_with(&otp("+5511987654301", CODE)).await, 131_026);
    let mut unknown = otp(WELL, CODE);
    unknown["template"]["name"] = json!("another");
    assert_eq!(failed_with(&unknown).await, 132_001);
    let mut unequal = otp(WELL, CODE);
    unequal["template"]["components"][1]["parameters"][0]["text"] = json!("654321");
    assert_eq!(failed_with(&unequal).await, 132_018);
}

#[tokio::test]
async fn aws_refuses_what_it_can_see_itself() {
    let rig = Rig::start().await;
    let good = || rig.to_whatsapp(WELL);
    let unknown = good().origination_phone_number_id("phone-number-id-0");
    assert_eq!(refusal(unknown).await, named(404, "ResourceNotFoundException"));
    let misnamed = good().origination_phone_number_id("106540352242922");
    assert_eq!(refusal(misnamed).await, named(400, "ValidationException"));
    let version = good().meta_api_version("v1.0");
    assert_eq!(refusal(version).await, named(400, "InvalidParametersException"));
    let version = good().meta_api_version("25");
    assert_eq!(refusal(version).await, named(400, "ValidationException"));
    let text = good().message(Blob::new("no JSON"));
    assert_eq!(refusal(text).await, named(400, "InvalidParametersException"));
    let empty = good().message(Blob::new(""));
    assert_eq!(refusal(empty).await, named(400, "ValidationException"));
    let large = good().message(Blob::new(vec![b' '; 2_048_001]));
    assert_eq!(refusal(large).await, named(400, "ValidationException"));
    let to_nobody = good().message(Blob::new(json!({ "to": "me" }).to_string()));
    assert_eq!(refusal(to_nobody).await, named(400, "InvalidParametersException"));
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn a_number_goes_by_its_arn_too() {
    let rig = Rig::start().await;
    let arn = "arn:aws:social-messaging:us-east-1:123456789012:phone-number-id/\
               976c72a700aac43eaf573ae050e00000";
    rig.to_whatsapp(WELL).origination_phone_number_id(arn).send().await.unwrap();
}

#[tokio::test]
async fn every_exception_of_the_model_can_be_scripted() {
    let rig = Rig::start().await;
    for (status, name) in [
        (400, "ValidationException"),
        (400, "InvalidParametersException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (429, "ThrottledRequestException"),
        (500, "InternalServiceException"),
        (502, "DependencyException"),
    ] {
        let fate = Fate::Exception { name, reason: None };
        rig.simulator.script_each(WELL, Channel::WhatsApp, [fate]);
        assert_eq!(refusal(rig.to_whatsapp(WELL)).await, named(status, name));
    }
    assert_eq!(rig.simulator.requests(WELL, Channel::WhatsApp), 7);
}

#[tokio::test]
async fn an_answer_can_be_lost() {
    let rig = Rig::start().await;
    let lost = Fate::Lose(vec![Step::Arrive]);
    rig.simulator.script(WELL, Behaviour::well().whatsapp(lost));
    let error = rig.to_whatsapp(WELL).send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(rig.simulator.inbox().wait_for(WELL, 1).await.len(), 1);
}

#[tokio::test]
async fn event_bridge_tells_by_the_id_that_the_sender_knows() {
    let rig = Rig::subscribed(with(|aws| aws.event_bridge = true)).await;
    let id = rig.to_whatsapp(WELL).send().await.unwrap().message_id.unwrap();
    let _receipt = rig.hooks.next().await;
    let event = rig.hooks.next().await.message();
    assert_eq!(event["source"], "aws.social-messaging");
    assert_eq!(event["detail-type"], "WhatsApp Message Sent");
    assert_eq!(event["detail"]["messageId"], id);
}
