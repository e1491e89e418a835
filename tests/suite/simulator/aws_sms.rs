//! Text messages by AWS: what is answered, what the configuration set's events tell, and feedback.

use aws_sdk_pinpointsmsvoicev2::{error::ProvideErrorMetadata, types::MessageFeedbackStatus};
use pombo::simulator::{Behaviour, Channel, Fate, Step, aws::Feedback};
use serde_json::{Value, json};

use super::{
    aws_rig::with,
    rig::{Rig, WELL, hurried},
};

#[tokio::test]
async fn a_text_arrives_and_events_tell_of_it() {
    let rig = Rig::subscribed(hurried()).await;
    let id = rig.to_sms(WELL).send().await.unwrap().message_id.unwrap();
    let pending = rig.hooks.next().await.message();
    assert_eq!(
        (&pending["eventType"], &pending["isFinal"]),
        (&json!("TEXT_PENDING"), &json!(false))
    );
    let delivered = rig.hooks.next().await.message();
    assert_eq!(delivered["messageId"], id);
    assert_eq!(delivered["context"], json!({ "delivery": "c1.1" }));
    let message = &rig.simulator.inbox().messages(Some(WELL))[0];
    assert_eq!((message.code.as_str(), message.reference.as_str()), ("123456", "c1.1"));
}

#[tokio::test]
async fn an_event_has_the_fields_of_a_captured_one() {
    let rig = Rig::subscribed(hurried()).await;
    rig.to_sms(WELL).send().await.unwrap();
    let _pending = rig.hooks.next().await;
    let mut event = rig.hooks.next().await.message();
    let mut captured: Value =
        serde_json::from_str(include_str!("../../fixtures/aws_sms_event_delivered.json")).unwrap();
    for own in [
        "eventTimestamp",
        "messageRequestTimestamp",
        "messageId",
        "context",
        "destinationPhoneNumber",
        "isoCountryCode",
        "isInternationalSend",
        "mcc",
        "mnc",
        "carrierName",
    ] {
        let (own, other) = (event[own].take(), captured[own].take());
        assert_eq!(kind(&own), kind(&other), "of the same kind, whatever its value");
    }
    assert_eq!(event, captured);
}

fn kind(value: &Value) -> std::mem::Discriminant<Value> {
    std::mem::discriminant(value)
}

#[tokio::test]
async fn every_event_can_be_scripted() {
    let rig = Rig::subscribed(hurried()).await;
    for name in [
        "TEXT_QUEUED",
        "TEXT_SUCCESSFUL",
        "TEXT_INVALID",
        "TEXT_INVALID_MESSAGE",
        "TEXT_UNREACHABLE",
        "TEXT_CARRIER_UNREACHABLE",
        "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED",
        "TEXT_SPAM",
        "TEXT_TTL_EXPIRED",
        "TEXT_PROTECT_BLOCKED",
        "TEXT_UNKNOWN",
    ] {
        rig.simulator.script(WELL, Behaviour::well().sms(Fate::accept([Step::Event(name)])));
        rig.to_sms(WELL).send().await.unwrap();
        let event = rig.hooks.next().await.message();
        assert_eq!(event["eventType"], name);
        assert_eq!(event["messageStatus"], name.trim_start_matches("TEXT_"));
        assert_eq!(event["isFinal"], name != "TEXT_QUEUED");
    }
}

#[tokio::test]
async fn a_phone_that_is_unknown_is_told_by_an_event() {
    let rig = Rig::subscribed(hurried()).await;
    rig.to_sms("+5511987654308").send().await.unwrap();
    let words = [rig.hooks.next().await.message(), rig.hooks.next().await.message()];
    assert_eq!(words.map(|event| event["eventType"].clone()), ["TEXT_PENDING", "TEXT_INVALID"]);
}

#[tokio::test]
async fn without_a_configuration_set_nobody_is_told() {
    let rig = Rig::subscribed(hurried()).await;
    rig.to_sms(WELL).set_configuration_set_name(None).send().await.unwrap();
    rig.simulator.inbox().wait_for(WELL, 1).await;
    rig.to_sms("+5511987654310").send().await.unwrap();
    let first = rig.hooks.next().await.message();
    assert_eq!(first["destinationPhoneNumber"], "+5511987654310");
}

#[tokio::test]
async fn a_dry_run_reaches_nobody() {
    let rig = Rig::start().await;
    rig.simulator.script_each(WELL, Channel::Sms, [Fate::Hang]);
    rig.to_sms(WELL).dry_run(true).send().await.unwrap();
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn feedback_is_kept_for_each_message() {
    let rig = Rig::start().await;
    let id = rig.to_sms(WELL).message_feedback_enabled(true).send().await.unwrap().message_id;
    let put = rig.sms_v2().put_message_feedback().set_message_id(id);
    put.message_feedback_status(MessageFeedbackStatus::Received).send().await.unwrap();
    let aws = rig.simulator.aws();
    assert_eq!(aws.wait_for_feedback(WELL).await, Feedback::Received);
    rig.to_sms(WELL).send().await.unwrap();
    assert_eq!(aws.feedback(WELL), [Some(Feedback::Received), None]);
}

#[tokio::test]
async fn feedback_on_what_was_not_sent_or_asks_for_none_is_refused() {
    let rig = Rig::start().await;
    let put = |id: &str| {
        let put = rig.sms_v2().put_message_feedback().message_id(id);
        put.message_feedback_status(MessageFeedbackStatus::Failed)
    };
    let unknown = put("862a8790-60c0-4430-9b2b-658bd0000000").send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("ResourceNotFoundException"));
    let id = rig.to_sms(WELL).send().await.unwrap().message_id.unwrap();
    assert_eq!(put(&id).send().await.unwrap_err().code(), Some("ValidationException"));
}

#[tokio::test]
async fn a_configuration_set_can_ask_for_feedback_on_all() {
    let rig = Rig::with(with(|aws| aws.feedback_by_default = true)).await;
    let id = rig.to_sms(WELL).send().await.unwrap().message_id;
    let put = rig.sms_v2().put_message_feedback().set_message_id(id);
    put.message_feedback_status(MessageFeedbackStatus::Failed).send().await.unwrap();
    assert_eq!(rig.simulator.aws().feedback(WELL), [Some(Feedback::Failed)]);
}

#[tokio::test]
async fn what_the_account_owns_is_described() {
    let rig = Rig::start().await;
    let sms = rig.sms_v2();
    let numbers = sms.describe_phone_numbers().send().await.unwrap();
    assert_eq!(numbers.phone_numbers()[0].phone_number, "+12065550152");
    let id = numbers.phone_numbers()[0].phone_number_id.clone().unwrap();
    rig.to_sms(WELL).origination_identity(id).send().await.unwrap();
    let sets = sms.describe_configuration_sets().configuration_set_names("pombo").send().await;
    let sets = sets.unwrap();
    let destination = sets.configuration_sets()[0].event_destinations()[0].sns_destination();
    assert_eq!(destination.unwrap().topic_arn, rig.settings.aws.sms_topic);
    let stranger = sms.describe_configuration_sets().configuration_set_names("other").send().await;
    assert_eq!(stranger.unwrap_err().code(), Some("ResourceNotFoundException"));
    let tier = sms.describe_account_attributes().send().await.unwrap();
    assert_eq!(tier.account_attributes()[0].value, "PRODUCTION");
    let protect = sms.describe_protect_configurations().send().await.unwrap();
    let id = &protect.protect_configurations()[0].protect_configuration_id;
    rig.to_sms(WELL).protect_configuration_id(id).send().await.unwrap();
}
