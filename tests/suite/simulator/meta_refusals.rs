//! What Meta turns down before it looks at the code: who sends, where to, and what is around it.

use serde_json::{Value, json};

use super::rig::{CODE, Rig, WELL, otp};

/// A good message with one place changed, by JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut body = otp(WELL, CODE);
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

fn without(pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut body = otp(WELL, CODE);
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    body
}

async fn refused(body: Value, status: u16, code: u32) {
    let rig = Rig::start().await;
    rig.meta(&body).await.is_graph_error(status, code);
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn meta_refuses_a_request_without_a_token() {
    let rig = Rig::start().await;
    let answer = rig.answer(rig.http.post(rig.messages_url()).json(&otp(WELL, CODE))).await;
    answer.is_graph_error(401, 104);
    assert!(answer.body["error"].get("error_data").is_none());
}

#[tokio::test]
async fn meta_refuses_a_wrong_token() {
    let rig = Rig::start().await;
    let call = rig.http.post(rig.messages_url()).bearer_auth("of-yesterday");
    rig.answer(call.json(&otp(WELL, CODE))).await.is_graph_error(401, 190);
}

#[tokio::test]
async fn meta_refuses_a_token_that_is_not_a_bearer_token() {
    let rig = Rig::start().await;
    let token = &rig.settings.meta.access_token;
    let call = rig.http.post(rig.messages_url()).header("Authorization", format!("Basic {token}"));
    rig.answer(call.json(&otp(WELL, CODE))).await.is_graph_error(401, 190);
}

async fn sent_to(path: &str) -> super::rig::Answer {
    let rig = Rig::start().await;
    let call = rig.http.post(format!("{}{path}", rig.simulator.meta_url()));
    rig.answer(call.bearer_auth(&rig.settings.meta.access_token).json(&otp(WELL, CODE))).await
}

#[tokio::test]
async fn meta_refuses_another_version() {
    sent_to("/v1.0/106540352242922/messages").await.is_graph_error(400, 2500);
}

#[tokio::test]
async fn meta_refuses_another_phone_number_id() {
    let answer = sent_to("/v25.0/999/messages").await;
    answer.is_graph_error(400, 100);
    assert_eq!(answer.body["error"]["error_subcode"], 33);
}

#[tokio::test]
async fn meta_refuses_an_unknown_path() {
    sent_to("/v25.0/106540352242922/message").await.is_graph_error(400, 2500);
}

#[tokio::test]
async fn meta_refuses_to_list_messages() {
    let rig = Rig::start().await;
    rig.answer(rig.http.get(rig.messages_url())).await.is_graph_error(400, 100);
}

#[tokio::test]
async fn meta_refuses_another_content_type() {
    let rig = Rig::start().await;
    let call = rig.http.post(rig.messages_url()).bearer_auth(&rig.settings.meta.access_token);
    let call = call.header("Content-Type", "text/plain").body(otp(WELL, CODE).to_string());
    rig.answer(call).await.is_graph_error(400, 100);
}

#[tokio::test]
async fn meta_refuses_malformed_json() {
    let rig = Rig::start().await;
    let call = rig.http.post(rig.messages_url()).bearer_auth(&rig.settings.meta.access_token);
    let call = call.header("Content-Type", "application/json").body("{\"to\":");
    rig.answer(call).await.is_graph_error(400, 100);
}

#[tokio::test]
async fn meta_refuses_a_body_that_is_no_object() {
    refused(json!([]), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_an_unknown_parameter() {
    refused(with("/biz_callback_data", json!("c1.1")), 400, 100).await;
}

#[tokio::test]
async fn meta_refuses_a_time_to_live_on_the_message() {
    refused(with("/ttl_seconds", json!(60)), 400, 100).await;
    refused(with("/message_send_ttl_seconds", json!(60)), 400, 100).await;
}

#[tokio::test]
async fn meta_refuses_a_misspelled_parameter_at_any_depth() {
    for place in [
        "/template/lang",
        "/template/language/locale",
        "/template/components/0/params",
        "/template/components/1/subtype",
        "/template/components/0/parameters/0/value",
    ] {
        refused(with(place, json!("x")), 400, 100).await;
    }
}

#[tokio::test]
async fn meta_refuses_another_messaging_product() {
    refused(with("/messaging_product", json!("messenger")), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_a_group_as_recipient() {
    refused(with("/recipient_type", json!("group")), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_a_message_with_a_required_parameter_missing() {
    for place in [
        "/messaging_product",
        "/recipient_type",
        "/to",
        "/type",
        "/template",
        "/template/name",
        "/template/language",
        "/template/language/code",
    ] {
        refused(without(place), 400, 131_008).await;
    }
}

#[tokio::test]
async fn meta_refuses_null_for_a_required_parameter() {
    refused(with("/to", Value::Null), 400, 131_008).await;
}

#[tokio::test]
async fn meta_refuses_a_recipient_that_is_no_phone_number() {
    for to in [
        "",
        "+",
        "1234567",
        "1234567890123456",
        "0551198765430",
        "55 11 98765",
        "++551198765",
        "joão",
    ] {
        refused(with("/to", json!(to)), 400, 131_009).await;
    }
}

#[tokio::test]
async fn meta_refuses_a_recipient_given_as_a_number() {
    refused(with("/to", json!(5_511_987_654_300_u64)), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_the_sender_as_recipient() {
    refused(with("/to", json!("+15550783881")), 400, 131_021).await;
}

#[tokio::test]
async fn meta_refuses_an_authentication_template_to_a_business_scoped_id() {
    let mut body = without("/to");
    body["recipient"] = json!("BR.1349");
    refused(body, 400, 131_062).await;
}

#[tokio::test]
async fn meta_refuses_free_form_messages() {
    refused(with("/type", json!("text")), 400, 131_051).await;
}

#[tokio::test]
async fn meta_refuses_callback_data_of_257_characters() {
    refused(with("/biz_opaque_callback_data", json!("x".repeat(257))), 400, 100).await;
}

#[tokio::test]
async fn meta_refuses_callback_data_that_is_no_string() {
    refused(with("/biz_opaque_callback_data", json!(1)), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_an_identity_hash_that_nobody_would_compare() {
    refused(with("/recipient_identity_key_hash", json!("DF2lS5v2W6x=")), 400, 100).await;
}

#[tokio::test]
async fn meta_refuses_an_unknown_template() {
    refused(with("/template/name", json!("welcome")), 404, 132_001).await;
}

#[tokio::test]
async fn meta_refuses_a_language_in_which_the_template_is_not_approved() {
    for language in ["fr", "pt-BR", "pt_br", "pt"] {
        refused(with("/template/language/code", json!(language)), 404, 132_001).await;
    }
}

#[tokio::test]
async fn meta_refuses_another_language_policy() {
    refused(with("/template/language/policy", json!("fallback")), 400, 131_009).await;
}
