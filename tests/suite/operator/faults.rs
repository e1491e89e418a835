//! Each fault that `pombo check` can find is told in one sentence that names its remedy.

use pombo::simulator::{MetaAccount, MetaPhone, TemplateStatus, TwilioAccount};

use super::{TEMPLATE, command, meta, sentences, state, twilio, world};
use crate::{
    delivery::provider::{Provider, nobody},
    support::world::{World, free_port},
};

/// There is this one fault, with this remedy.
async fn fault(world: &World, what: &str, remedy: &str) {
    let ended = command(world, &["check"]).await;
    assert_eq!((ended.code, state(&ended, what)), (1, "fault"), "{}", ended.stdout);
    let told = sentences(&ended);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with(&format!("{what}: ")) && told[0].contains(remedy), "{told:#?}");
}

#[tokio::test]
async fn a_token_that_meta_does_not_accept() {
    let world = world(&[("WHATSAPP__CLOUD__ACCESS_TOKEN", "expired")]).await;
    fault(&world, "whatsapp token", "whatsapp.cloud.access_token").await;
}

#[tokio::test]
async fn a_token_that_may_not_look() {
    let permissions = vec!["whatsapp_business_messaging".to_owned()];
    let world = meta(MetaAccount { permissions, ..MetaAccount::default() }, &[]).await;
    let ended = command(&world, &["check"]).await;
    assert!(sentences(&ended)[0].contains("whatsapp_business_management"), "{}", ended.stderr);
    assert_eq!(ended.code, 1);
}

#[tokio::test]
async fn a_number_that_is_not_there() {
    let world = world(&[("WHATSAPP__CLOUD__PHONE_NUMBER_ID", "15550783881")]).await;
    fault(&world, "whatsapp number", "whatsapp.cloud.phone_number_id").await;
}

#[tokio::test]
async fn a_number_that_meta_has_banned() {
    let phone = MetaPhone { status: "BANNED".to_owned(), ..MetaPhone::default() };
    let world = meta(MetaAccount { phone, ..MetaAccount::default() }, &[]).await;
    fault(&world, "whatsapp number", "WhatsApp Manager").await;
}

#[tokio::test]
async fn an_account_of_another_number() {
    let world = world(&[("WHATSAPP__CLOUD__BUSINESS_ACCOUNT_ID", "1")]).await;
    fault(&world, "template", "whatsapp.cloud.business_account_id").await;
}

#[tokio::test]
async fn a_template_in_no_state_to_be_sent() {
    for (status, remedy) in [
        (TemplateStatus::Pending, "look again later"),
        (TemplateStatus::Rejected, "templates push"),
        (TemplateStatus::Paused, "resumes by itself"),
        (TemplateStatus::Disabled, "whatsapp.template.name"),
    ] {
        let world = world(&[("WHATSAPP__TEMPLATE__LANGUAGES", "{ en = \"en_US\" }")]).await;
        world.simulator.set_template_status(TEMPLATE, "en_US", status);
        fault(&world, "template en_US", remedy).await;
    }
}

#[tokio::test]
async fn a_template_that_one_language_lacks() {
    let world = world(&[("WHATSAPP__TEMPLATE__LANGUAGES", "{ de = \"de\" }")]).await;
    fault(&world, "template de", "pombo templates push").await;
}

#[tokio::test]
async fn an_account_at_twilio_that_is_shut() {
    let status = "suspended".to_owned();
    let world = twilio(TwilioAccount { status, ..TwilioAccount::default() }, &[]).await;
    fault(&world, "sms account", "Twilio's console").await;
}

#[tokio::test]
async fn a_password_that_twilio_does_not_accept() {
    let world = world(&[("SMS__TWILIO__AUTH_TOKEN", "wrong")]).await;
    fault(&world, "sms account", "sms.twilio.auth_token").await;
}

#[tokio::test]
async fn a_number_of_somebody_else() {
    let world = world(&[("SMS__TWILIO__FROM", "+15017250605")]).await;
    fault(&world, "sms sender", "sms.twilio.from").await;
}

#[tokio::test]
async fn a_store_that_is_away() {
    let nowhere = format!("redis://127.0.0.1:{}", free_port());
    let world = world(&[("STORE__URL", &nowhere)]).await;
    fault(&world, "store", "store.url").await;
}

#[tokio::test]
async fn a_provider_that_is_away() {
    let nowhere = nobody().await;
    let world = world(&[("WHATSAPP__CLOUD__BASE_URL", &nowhere)]).await;
    fault(&world, "whatsapp number", "whatsapp.cloud.base_url").await;
}

#[tokio::test]
async fn a_provider_that_never_answers() {
    let silent = Provider::hanging().await;
    let world = world(&[("SMS__TWILIO__BASE_URL", &silent.url())]).await;
    fault(&world, "sms account", "sms.twilio.base_url").await;
}

#[tokio::test]
async fn all_of_them_at_once() {
    let nowhere = format!("redis://127.0.0.1:{}", free_port());
    let world = world(&[
        ("STORE__URL", &nowhere),
        ("WHATSAPP__CLOUD__PHONE_NUMBER_ID", "1"),
        ("WHATSAPP__TEMPLATE__LANGUAGES", "{ de = \"de\" }"),
        ("SMS__TWILIO__AUTH_TOKEN", "wrong"),
    ])
    .await;
    let ended = command(&world, &["check"]).await;
    let told = sentences(&ended);
    for what in ["store: ", "whatsapp number: ", "template de: ", "sms account: "] {
        assert!(told.iter().any(|sentence| sentence.starts_with(what)), "{what}: {told:#?}");
    }
    assert_eq!((ended.code, told.len()), (1, 4), "{told:#?}");
}
