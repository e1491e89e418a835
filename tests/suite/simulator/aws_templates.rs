//! WhatsApp accounts and templates by AWS.

use std::time::Duration;

use aws_sdk_socialmessaging::{
    error::ProvideErrorMetadata,
    operation::{
        create_whats_app_message_template::builders::CreateWhatsAppMessageTemplateFluentBuilder,
        get_whats_app_message_template::builders::GetWhatsAppMessageTemplateFluentBuilder,
    },
    primitives::Blob,
};
use serde_json::{Value, json};

use super::{
    aws_rig::with,
    rig::{CODE, Rig, WELL, otp},
};

const WABA: &str = "waba-fb2594b8a7974770b128a409e2e00000";

fn definition(name: &str) -> Value {
    json!({
        "name": name,
        "language": "en_US",
        "category": "authentication",
        "message_send_ttl_seconds": 60,
        "components": [
            { "type": "body", "add_security_recommendation": true },
            { "type": "footer", "code_expiration_minutes": 5 },
            { "type": "buttons", "buttons": [{ "type": "otp", "otp_type": "copy_code" }] },
        ],
    })
}

fn create(rig: &Rig, definition: &Value) -> CreateWhatsAppMessageTemplateFluentBuilder {
    let blob = Blob::new(definition.to_string());
    rig.social().create_whats_app_message_template().id(WABA).template_definition(blob)
}

fn get(rig: &Rig, name: &str) -> GetWhatsAppMessageTemplateFluentBuilder {
    let look = rig.social().get_whats_app_message_template().id(WABA);
    look.template_name(name).template_language_code("en_US")
}

async fn status(rig: &Rig, name: &str) -> String {
    let shown = get(rig, name).send().await.unwrap().template.unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    shown["status"].as_str().unwrap().to_owned()
}

async fn rig(review: Duration) -> Rig {
    Rig::subscribed(with(|aws| aws.template_review = review)).await
}

#[tokio::test]
async fn a_new_template_is_pending_and_sends_nothing() {
    let rig = rig(Duration::from_secs(3_600)).await;
    let made = create(&rig, &definition("fresh")).send().await.unwrap();
    assert_eq!(made.template_status.unwrap(), "PENDING");
    assert_eq!(status(&rig, "fresh").await, "PENDING");
    let mut message = otp(WELL, CODE);
    message["template"]["name"] = json!("fresh");
    message["template"]["language"]["code"] = json!("en_US");
    rig.carrying(&message).send().await.unwrap();
    assert_eq!(rig.hooks.next().await.whatsapp_status()["errors"][0]["code"], 132_001);
}

#[tokio::test]
async fn an_approved_template_sends() {
    let rig = rig(Duration::ZERO).await;
    create(&rig, &definition("fresh")).send().await.unwrap();
    assert_eq!(status(&rig, "fresh").await, "APPROVED");
    let mut message = otp(WELL, CODE);
    message["template"]["name"] = json!("fresh");
    message["template"]["language"]["code"] = json!("en_US");
    rig.carrying(&message).send().await.unwrap();
    assert_eq!(rig.hooks.next().await.whatsapp_status()["status"], "sent");
}

#[tokio::test]
async fn a_changed_template_is_reviewed_again() {
    let rig = rig(Duration::from_secs(3_600)).await;
    assert_eq!(status(&rig, "verification_code").await, "APPROVED");
    let components = Blob::new(definition("any")["components"].to_string());
    let change = rig.social().update_whats_app_message_template().id(WABA);
    let change = change.template_name("verification_code").template_language_code("en_US");
    change.template_components(components).send().await.unwrap();
    assert_eq!(status(&rig, "verification_code").await, "PENDING");
}

#[tokio::test]
async fn every_template_is_listed() {
    let rig = rig(Duration::ZERO).await;
    create(&rig, &definition("fresh")).send().await.unwrap();
    let list = rig.social().list_whats_app_message_templates().id(WABA).send().await.unwrap();
    let names: Vec<_> = list.templates().iter().filter_map(|t| t.template_name()).collect();
    assert_eq!(names.len(), 5);
    assert_eq!(names[4], "fresh");
}

#[tokio::test]
async fn a_definition_that_meta_would_not_take_is_refused() {
    let rig = rig(Duration::ZERO).await;
    for (pointer, wrong) in [
        ("/name", json!("Fresh")),
        ("/language", json!("english")),
        ("/category", json!("marketing")),
        ("/message_send_ttl_seconds", json!(10)),
        ("/components/1/code_expiration_minutes", json!(91)),
        ("/components/0/text", json!("Your code")),
        ("/components/2/buttons/0/otp_type", json!("zero_tap")),
        ("/components/2/buttons/0/text", json!("Copy this very code right now")),
    ] {
        let mut definition = definition("fresh");
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        definition.pointer_mut(parent).unwrap()[key] = wrong;
        let error = create(&rig, &definition).send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidParametersException"), "{pointer}");
    }
    let twice = create(&rig, &definition("verification_code")).send().await.unwrap_err();
    assert_eq!(twice.code(), Some("InvalidParametersException"));
}

#[tokio::test]
async fn an_unknown_template_or_account_is_not_found() {
    let rig = rig(Duration::ZERO).await;
    let error = get(&rig, "nowhere").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let error = get(&rig, "verification_code").id("waba-0").send().await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn the_account_and_its_number_are_described() {
    let rig = rig(Duration::ZERO).await;
    let social = rig.social();
    let account = social.get_linked_whats_app_business_account().id(WABA).send().await.unwrap();
    let account = account.account.unwrap();
    assert_eq!(account.registration_status.as_str(), "COMPLETE");
    assert_eq!(account.phone_numbers[0].quality_rating, "GREEN");
    let destination = &account.event_destinations[0].event_destination_arn;
    assert_eq!(*destination, rig.settings.aws.whatsapp_topic);
    let list = social.list_linked_whats_app_business_accounts().send().await.unwrap();
    assert_eq!(list.linked_accounts()[0].id, WABA);
    let id = &rig.settings.aws.phone_number_id;
    let phone = social.get_linked_whats_app_business_account_phone_number().id(id).send().await;
    assert_eq!(phone.unwrap().phone_number.unwrap().phone_number, "+15550783881");
}
