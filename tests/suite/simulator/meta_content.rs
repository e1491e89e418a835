//! What Meta turns down in the components of an authentication template.

use serde_json::{Value, json};

use super::rig::{CODE, Rig, WELL, otp};

async fn refused(components: Value, status: u16, code: u32) {
    let rig = Rig::start().await;
    let mut message = otp(WELL, CODE);
    message["template"]["components"] = components;
    rig.meta(&message).await.is_graph_error(status, code);
}

async fn code_refused(text: &str, code: u32) {
    let rig = Rig::start().await;
    rig.meta(&otp(WELL, text)).await.is_graph_error(400, code);
}

fn body(code: &str) -> Value {
    json!({ "type": "body", "parameters": [{ "type": "text", "text": code }] })
}

fn button(code: &str) -> Value {
    let parameters = json!([{ "type": "text", "text": code }]);
    json!({ "type": "button", "sub_type": "url", "index": "0", "parameters": parameters })
}

/// A good button with one of its keys changed.
fn button_with(key: &str, value: Value) -> Value {
    let mut button = button(CODE);
    button[key] = value;
    button
}

#[tokio::test]
async fn meta_refuses_a_code_of_sixteen_characters() {
    code_refused("1234567890123456", 100).await;
}

#[tokio::test]
async fn meta_refuses_an_empty_code() {
    code_refused("", 131_008).await;
}

#[tokio::test]
async fn meta_refuses_a_link_as_a_code() {
    for link in ["http://a.io", "www.a.io", "bit.ly/abc", "a.IO", "pombo.dev?c=1"] {
        code_refused(link, 132_012).await;
    }
}

#[tokio::test]
async fn meta_refuses_an_emoji_in_a_code() {
    for code in ["1234🔑", "⚠12", "1\u{FE0F}\u{20E3}"] {
        code_refused(code, 132_012).await;
    }
}

#[tokio::test]
async fn meta_refuses_line_breaks_tabs_and_long_gaps_in_a_code() {
    for code in ["123\n456", "123\t456", "1     2"] {
        code_refused(code, 132_018).await;
    }
}

#[tokio::test]
async fn meta_refuses_a_message_without_components() {
    refused(Value::Null, 400, 132_000).await;
    refused(json!([]), 400, 132_000).await;
}

#[tokio::test]
async fn meta_refuses_a_message_without_the_button() {
    refused(json!([body(CODE)]), 400, 132_000).await;
}

#[tokio::test]
async fn meta_refuses_a_message_without_the_body() {
    refused(json!([button(CODE)]), 400, 132_000).await;
}

#[tokio::test]
async fn meta_refuses_two_parameters_where_the_template_has_one() {
    let two = json!([{ "type": "text", "text": "1" }, { "type": "text", "text": "2" }]);
    refused(json!([{ "type": "body", "parameters": two }, button(CODE)]), 400, 132_000).await;
    refused(json!([body(CODE), button_with("parameters", two)]), 400, 132_000).await;
}

#[tokio::test]
async fn meta_refuses_no_parameter_where_the_template_has_one() {
    refused(json!([{ "type": "body" }, button(CODE)]), 400, 132_000).await;
    refused(json!([body(CODE), button_with("parameters", json!([]))]), 400, 132_000).await;
}

#[tokio::test]
async fn meta_refuses_a_button_that_copies_another_code() {
    refused(json!([body(CODE), button("654321")]), 400, 132_018).await;
}

#[tokio::test]
async fn meta_refuses_the_sub_type_that_the_template_was_created_with() {
    for kind in ["otp", "copy_code", "quick_reply", "URL"] {
        refused(json!([body(CODE), button_with("sub_type", json!(kind))]), 400, 132_018).await;
    }
}

#[tokio::test]
async fn meta_refuses_a_button_at_another_index() {
    refused(json!([body(CODE), button_with("index", json!("1"))]), 400, 132_018).await;
}

#[tokio::test]
async fn meta_refuses_an_index_given_as_a_number() {
    refused(json!([body(CODE), button_with("index", json!(0))]), 400, 131_009).await;
}

#[tokio::test]
async fn meta_refuses_a_component_that_the_template_does_not_have() {
    let header = json!({ "type": "header", "parameters": [{ "type": "text", "text": "Hi" }] });
    refused(json!([header, body(CODE), button(CODE)]), 400, 132_018).await;
}

#[tokio::test]
async fn meta_refuses_a_component_given_twice() {
    refused(json!([body(CODE), body(CODE), button(CODE)]), 400, 132_018).await;
}

#[tokio::test]
async fn meta_refuses_a_parameter_that_is_no_text() {
    let payload = json!([{ "type": "payload", "text": CODE }]);
    refused(json!([{ "type": "body", "parameters": payload }, button(CODE)]), 400, 132_012).await;
}

#[tokio::test]
async fn meta_refuses_a_code_given_as_a_number() {
    let number = json!([{ "type": "text", "text": 123_456 }]);
    refused(json!([{ "type": "body", "parameters": number }, button(CODE)]), 400, 131_009).await;
}

#[tokio::test]
async fn meta_takes_a_code_of_fifteen_characters_that_are_not_all_digits() {
    let rig = Rig::start().await;
    for code in ["J$FpnYnP", "123456789012345", "12.34", "12-34"] {
        assert_eq!(rig.meta(&otp(WELL, code)).await.status, 200, "{code}");
    }
}
