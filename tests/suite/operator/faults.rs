//! Each fault that `pombo check` can find is told in one sentence that names its remedy.

use pombo::simulator::{MetaAccount, MetaPhone, TemplateStatus, TwilioAccount};
use serde_json::json;

use super::{TEMPLATE, answering_at, command, meta, sentences, state, twilio, world};
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
async fn what_is_slow_at_meta_hides_nothing_of_the_rest() {
    let number = json!({ "id": "1", "status": "CONNECTED", "quality_rating": "GREEN" });
    let url = answering_at("/v25.0/106540352242922", number).await;
    let world = world(&[
        ("WHATSAPP__CLOUD__BASE_URL", &url),
        ("WHATSAPP__CLOUD__PHONE_NUMBER_ID", "106540352242922"),
    ])
    .await;
    fault(&world, "template", "whatsapp.cloud.base_url").await;
    let ended = command(&world, &["check"]).await;
    assert_eq!(state(&ended, "whatsapp number"), "connected, quality green");
}

/// Events go to this place, which may hold a token.
async fn told_at(url: &str) -> World {
    let url = format!("{url}/hooks/token-in-path?key=token-in-query");
    let secret = "whsec_c2VjcmV0IGZvciB0ZXN0cywgbm8gc2VjcmV0";
    world(&[("EVENTS__URL", &url), ("EVENTS__SECRET", secret)]).await
}

#[tokio::test]
async fn an_endpoint_for_events_that_is_not_there() {
    let world = told_at(&nobody().await).await;
    fault(&world, "events endpoint", "events.url").await;
    let ended = command(&world, &["check"]).await;
    assert!(ended.stderr.contains("no connection to 127.0.0.1: "), "{}", ended.stderr);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("token-in"), "{}", ended.stderr);
}

#[tokio::test]
async fn an_endpoint_for_events_is_there_whatever_it_answers() {
    let there = Provider::answering(404, "").await;
    let ended = command(&told_at(&there.url()).await, &["check"]).await;
    assert_eq!((ended.code, state(&ended, "events endpoint")), (0, "127.0.0.1 answers"));
    let asked = there.request();
    assert_eq!((asked.method.as_str(), asked.uri.to_string().as_str()), ("HEAD", "/"));
    let silent = Provider::hanging().await;
    let ended = command(&told_at(&silent.url()).await, &["check"]).await;
    assert!(state(&ended, "events endpoint").starts_with("warning: "), "{}", ended.stdout);
    assert_eq!(ended.code, 0);
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
