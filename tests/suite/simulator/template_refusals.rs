//! Drafts of templates that Meta turns down, and whom it lets near the templates.

use serde_json::{Value, json};

use super::{
    drafts::{ACCOUNT, bulk, copy_code, with, zero_tap},
    rig::{Answer, Rig, hurried},
};

/// Says which parameter is wrong, to a program and to a person.
#[track_caller]
fn names(answer: &Answer, parameter: &str) {
    answer.is_graph_error(400, 100);
    let error = &answer.body["error"];
    for text in [&error["error_data"]["details"], &error["error_user_msg"]] {
        assert!(text.as_str().unwrap().contains(parameter), "{error}");
    }
}

/// Refuses each of these drafts, naming the parameter, and makes nothing of any.
async fn each_refused(drafts: impl IntoIterator<Item = Value>, parameter: &str) {
    let rig = Rig::start().await;
    for draft in drafts {
        names(&rig.create(&draft).await, parameter);
    }
    assert_eq!(rig.templates(&[("name", "login_code")]).await.body, json!({ "data": [] }));
}

async fn refused(draft: Value, parameter: &str) {
    each_refused([draft], parameter).await;
}

async fn all_refused(draft: fn() -> Value, pointer: &str, values: &[Value]) {
    let parameter = pointer.rsplit('/').next().unwrap();
    each_refused(values.iter().map(|value| with(draft(), pointer, value.clone())), parameter).await;
}

async fn taken(draft: Value) {
    let answer = Rig::start().await.create(&draft).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_draft_needs_its_parts() {
    for part in ["name", "language", "category", "components"] {
        refused(with(copy_code(), &format!("/{part}"), Value::Null), part).await;
    }
    for (kept, missing) in [(json!([{ "type": "body" }]), "BUTTONS"), (json!([]), "BUTTONS")] {
        refused(with(copy_code(), "/components", kept), missing).await;
    }
    let buttons = copy_code()["components"][2].clone();
    refused(with(copy_code(), "/components", json!([buttons])), "BODY").await;
}

#[tokio::test]
async fn a_draft_with_a_parameter_that_nobody_knows_is_refused() {
    refused(with(copy_code(), "/languages", json!(["en_US"])), "languages").await;
    refused(with(copy_code(), "/ttl", json!(60)), "ttl").await;
    // The text of an authentication template is Meta's own.
    refused(with(copy_code(), "/components/0/text", json!("{{1}} is it")), "text").await;
    refused(with(copy_code(), "/components/1/text", json!("Bye")), "text").await;
    let outside = "/components/2/buttons/0/package_name";
    refused(with(zero_tap(), outside, json!("com.example.app")), "package_name").await;
}

#[tokio::test]
async fn a_name_is_of_small_letters_digits_and_underscores() {
    let values = [json!(""), json!("Login"), json!("login-code"), json!("código"), json!(7)];
    all_refused(copy_code, "/name", &values).await;
    refused(with(copy_code(), "/name", json!("a".repeat(513))), "name").await;
    taken(with(copy_code(), "/name", json!("a".repeat(512)))).await;
}

#[tokio::test]
async fn a_language_is_one_of_metas() {
    let values = ["pt", "pt-BR", "en_us", "xx", ""].map(Value::from);
    all_refused(copy_code, "/language", &values).await;
}

#[tokio::test]
async fn only_authentication_templates_are_made() {
    all_refused(copy_code, "/category", &[json!("UTILITY"), json!("")]).await;
    taken(with(copy_code(), "/category", json!("AUTHENTICATION"))).await;
}

#[tokio::test]
async fn a_code_expires_within_one_to_ninety_minutes() {
    let pointer = "/components/1/code_expiration_minutes";
    all_refused(copy_code, pointer, &[json!(0), json!(91), json!("5"), json!(5.5)]).await;
    for good in [1, 90] {
        taken(with(copy_code(), pointer, json!(good))).await;
    }
}

#[tokio::test]
async fn a_message_is_tried_for_half_a_minute_to_a_quarter_of_an_hour_or_thirty_days() {
    let pointer = "/message_send_ttl_seconds";
    all_refused(copy_code, pointer, &[json!(29), json!(901), json!(0), json!(-2), json!("60")])
        .await;
    for good in [-1, 30, 900] {
        taken(with(copy_code(), pointer, json!(good))).await;
    }
}

#[tokio::test]
async fn a_template_has_one_button_of_a_known_kind() {
    let button = copy_code()["components"][2]["buttons"][0].clone();
    refused(with(copy_code(), "/components/2/buttons", json!([])), "buttons").await;
    refused(with(copy_code(), "/components/2/buttons", json!([button, button])), "buttons").await;
    all_refused(copy_code, "/components/2/buttons/0/type", &[json!("url")]).await;
    all_refused(copy_code, "/components/2/buttons/0/otp_type", &[json!("three_tap")]).await;
}

#[tokio::test]
async fn a_text_of_a_button_has_at_most_25_plain_characters() {
    let long = json!("a".repeat(26));
    all_refused(copy_code, "/components/2/buttons/0/text", std::slice::from_ref(&long)).await;
    all_refused(zero_tap, "/components/2/buttons/0/autofill_text", &[long]).await;
    refused(with(copy_code(), "/components/2/buttons/0/text", json!("Copy 🕊")), "emoji").await;
    taken(with(copy_code(), "/components/2/buttons/0/text", json!("a".repeat(25)))).await;
}

#[tokio::test]
async fn a_button_that_copies_knows_no_apps() {
    let button = |key: &str| format!("/components/2/buttons/0/{key}");
    let extras = [
        ("autofill_text", json!("Autofill")),
        ("supported_apps", json!([])),
        ("zero_tap_terms_accepted", json!(true)),
    ];
    for (key, value) in extras {
        refused(with(copy_code(), &button(key), value), key).await;
    }
}

#[tokio::test]
async fn zero_tap_needs_its_terms_accepted_and_one_tap_knows_none() {
    let pointer = "/components/2/buttons/0/zero_tap_terms_accepted";
    all_refused(zero_tap, pointer, &[json!(false), json!("true"), Value::Null]).await;
    let one_tap = with(zero_tap(), "/components/2/buttons/0/otp_type", json!("one_tap"));
    refused(one_tap.clone(), "zero_tap_terms_accepted").await;
    taken(with(one_tap, pointer, Value::Null)).await;
    taken(zero_tap()).await;
}

#[tokio::test]
async fn apps_are_one_to_five_pairs() {
    let pointer = "/components/2/buttons/0/supported_apps";
    let app = zero_tap()["components"][2]["buttons"][0]["supported_apps"][0].clone();
    let six = Value::from(vec![app.clone(); 6]);
    all_refused(zero_tap, pointer, &[json!([]), six, Value::Null]).await;
    taken(with(zero_tap(), pointer, Value::from(vec![app; 5]))).await;
}

#[tokio::test]
async fn an_app_has_an_android_name_and_a_hash_of_eleven_characters() {
    let app = |key: &str| format!("/components/2/buttons/0/supported_apps/0/{key}");
    let long = format!("com.{}", "a".repeat(221));
    let bad = ["luckyshrub", "com..shrub", "com.1shrub", "com.lucky-shrub", "com.", &long];
    all_refused(zero_tap, &app("package_name"), &bad.map(Value::from)).await;
    let bad = ["K8a/AINcGX", "K8a/AINcGX77", "K8a-AINcGX7", ""];
    all_refused(zero_tap, &app("signature_hash"), &bad.map(Value::from)).await;
}

#[tokio::test]
async fn a_template_is_made_once_in_each_language() {
    let rig = Rig::start().await;
    assert_eq!(rig.create(&copy_code()).await.status, 200);
    let again = rig.create(&copy_code()).await;
    names(&again, "exists");
    assert_eq!(again.body["error"]["error_subcode"], 2_388_024);
}

#[tokio::test]
async fn an_account_holds_250_templates() {
    let rig = Rig::start().await;
    // Four are there from the start.
    for i in 4..250 {
        let draft = with(copy_code(), "/name", json!(format!("login_{i}")));
        assert_eq!(rig.create(&draft).await.status, 200);
    }
    names(&rig.create(&copy_code()).await, "templates");
}

#[tokio::test]
async fn many_languages_at_once_have_rules_of_their_own() {
    let rig = Rig::start().await;
    let button = |key: &str| format!("/components/2/buttons/0/{key}");
    let mut apps = bulk();
    apps["components"][2] = zero_tap()["components"][2].clone();
    let no_text = with(apps.clone(), &button("text"), Value::Null);
    let bad = [
        (with(bulk(), "/languages", Value::Null), "languages"),
        (with(bulk(), "/languages", json!([])), "languages"),
        (with(bulk(), "/languages", json!("en_US")), "languages"),
        (with(bulk(), "/languages", json!(["en_US", "en_US"])), "languages"),
        (with(bulk(), "/languages", json!(["en_US", "pt"])), "languages"),
        (with(bulk(), "/language", json!("en_US")), "language"),
        (with(bulk(), &button("text"), json!("Copy code")), "text"),
        (apps, "text"),
        (no_text, "autofill_text"),
    ];
    for (draft, parameter) in bad {
        names(&rig.upsert(&draft).await, parameter);
    }
    assert_eq!(rig.templates(&[("name", "login_code")]).await.body, json!({ "data": [] }));
}

#[tokio::test]
async fn a_body_that_is_no_json_has_no_name() {
    let rig = Rig::start().await;
    let call = rig.graph("POST", &format!("{ACCOUNT}/message_templates"));
    names(&rig.answer(call.form(&[("name", "login_code")])).await, "name");
}

#[tokio::test]
async fn templates_are_for_a_good_token_the_right_account_and_a_known_version() {
    let rig = Rig::start().await;
    let base = rig.simulator.meta_url();
    let url = format!("{base}/v25.0/{ACCOUNT}/message_templates");
    rig.answer(rig.http.get(&url)).await.is_graph_error(401, 104);
    rig.answer(rig.http.get(&url).bearer_auth("of-yesterday")).await.is_graph_error(401, 190);
    let number = &rig.settings.meta.phone_number_id;
    for method in ["GET", "POST"] {
        let call = rig.graph(method, &format!("{number}/message_templates")).json(&copy_code());
        rig.answer(call).await.is_graph_error(400, 100);
    }
    let call = rig.graph("DELETE", &format!("{ACCOUNT}/message_templates"));
    rig.answer(call).await.is_graph_error(400, 100);
    let old = rig.http.get(format!("{base}/v1.0/{ACCOUNT}/message_templates"));
    rig.answer(old.bearer_auth(&rig.settings.meta.access_token)).await.is_graph_error(400, 2500);
}

#[tokio::test]
async fn a_token_without_the_permission_manages_nothing() {
    let mut settings = hurried();
    settings.meta.permissions = vec!["whatsapp_business_messaging".into()];
    let rig = Rig::with(settings).await;
    rig.create(&copy_code()).await.is_graph_error(403, 200);
    rig.upsert(&bulk()).await.is_graph_error(403, 200);
    rig.templates(&[]).await.is_graph_error(403, 200);
}

#[tokio::test]
async fn a_list_knows_its_filters_fields_and_cursors() {
    let rig = Rig::start().await;
    let bad = [
        ("nam", "login_code"),
        ("limit", "0"),
        ("limit", "many"),
        ("after", "somewhere"),
        ("fields", "name,colour"),
    ];
    for pair in bad {
        rig.templates(&[pair]).await.is_graph_error(400, 100);
    }
}
