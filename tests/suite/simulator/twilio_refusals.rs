//! What Twilio turns down.

use super::rig::{Rig, WELL, text};

/// A good message with one field added or replaced.
fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = without(name);
    fields.push((name, value));
    fields
}

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    text(WELL).into_iter().filter(|(field, _)| *field != name).collect()
}

async fn refused(fields: &[(&str, &str)], status: u16, code: u32) {
    let rig = Rig::start().await;
    rig.twilio(fields).await.is_twilio_error(status, code);
    assert!(rig.simulator.inbox().messages(None).is_empty());
}

#[tokio::test]
async fn twilio_refuses_a_request_without_credentials() {
    let rig = Rig::start().await;
    let call = rig.http.post(rig.sms_url()).form(&text(WELL));
    rig.answer(call).await.is_twilio_error(401, 20_003);
}

#[tokio::test]
async fn twilio_refuses_a_wrong_token() {
    let rig = Rig::start().await;
    let account = &rig.settings.twilio.account_sid;
    let call = rig.http.post(rig.sms_url()).basic_auth(account, Some("of-yesterday"));
    rig.answer(call.form(&text(WELL))).await.is_twilio_error(401, 20_003);
}

#[tokio::test]
async fn twilio_refuses_the_token_of_another_account() {
    let rig = Rig::start().await;
    let token = &rig.settings.twilio.auth_token;
    let call = rig.http.post(rig.sms_url()).basic_auth("AC1", Some(token));
    rig.answer(call.form(&text(WELL))).await.is_twilio_error(401, 20_003);
}

#[tokio::test]
async fn twilio_refuses_a_bearer_token() {
    let rig = Rig::start().await;
    let call = rig.http.post(rig.sms_url()).bearer_auth(&rig.settings.twilio.auth_token);
    rig.answer(call.form(&text(WELL))).await.is_twilio_error(401, 20_003);
}

#[tokio::test]
async fn twilio_does_not_find_another_account_or_path() {
    let rig = Rig::start().await;
    let twilio = &rig.settings.twilio;
    for path in ["/2010-04-01/Accounts/AC1/Messages.json", "/2010-04-01/Messages.json", "/"] {
        let call = rig.http.post(format!("{}{path}", rig.simulator.twilio_url()));
        let call = call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token));
        rig.answer(call.form(&text(WELL))).await.is_twilio_error(404, 20_404);
    }
}

#[tokio::test]
async fn twilio_refuses_another_method() {
    let rig = Rig::start().await;
    rig.answer(rig.http.put(rig.sms_url())).await.is_twilio_error(405, 20_004);
}

#[tokio::test]
async fn twilio_finds_no_fields_in_json() {
    let rig = Rig::start().await;
    let twilio = &rig.settings.twilio;
    let call = rig.http.post(rig.sms_url());
    let call = call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token));
    let fields: std::collections::HashMap<_, _> = text(WELL).into_iter().collect();
    rig.answer(call.json(&fields)).await.is_twilio_error(400, 21_604);
}

#[tokio::test]
async fn twilio_refuses_a_message_to_nobody() {
    refused(&without("To"), 400, 21_604).await;
    refused(&with("To", ""), 400, 21_604).await;
}

#[tokio::test]
async fn twilio_refuses_a_recipient_that_is_not_e164() {
    for to in [
        "5511987654300",
        "+0511987654300",
        "+551198",
        "+5511987654300000",
        "+55 11 98765",
        "whatsapp:+5511987654300",
    ] {
        refused(&with("To", to), 400, 21_211).await;
    }
}

#[tokio::test]
async fn twilio_refuses_a_message_from_nobody() {
    refused(&without("From"), 400, 21_603).await;
}

#[tokio::test]
async fn twilio_refuses_a_sender_that_is_no_number() {
    refused(&with("From", "Pombo"), 400, 21_212).await;
}

#[tokio::test]
async fn twilio_refuses_a_sender_that_the_account_does_not_own() {
    refused(&with("From", "+15017250605"), 400, 21_606).await;
}

#[tokio::test]
async fn twilio_refuses_a_messaging_service_that_does_not_exist() {
    refused(&with("MessagingServiceSid", "MG1"), 400, 21_705).await;
    let other = "MG11111111111111111111111111111111";
    refused(&with("MessagingServiceSid", other), 400, 21_705).await;
}

#[tokio::test]
async fn twilio_refuses_the_sender_as_recipient() {
    refused(&with("To", "+15017250604"), 400, 21_266).await;
}

#[tokio::test]
async fn twilio_refuses_an_empty_body() {
    refused(&without("Body"), 400, 21_602).await;
    refused(&with("Body", ""), 400, 21_602).await;
    refused(&with("Body", " \n "), 400, 21_602).await;
}

#[tokio::test]
async fn twilio_refuses_a_body_of_1601_characters() {
    refused(&with("Body", &"x".repeat(1_601)), 400, 21_617).await;
}

#[tokio::test]
async fn twilio_refuses_a_callback_that_is_no_web_address() {
    let long = format!("https://otp.example.com/{}", "x".repeat(4_000));
    for url in ["twilio", "/webhooks/twilio", "ftp://otp.example.com/", "https://", &long] {
        refused(&with("StatusCallback", url), 400, 21_609).await;
    }
}

#[tokio::test]
async fn twilio_refuses_a_callback_host_with_an_underscore() {
    refused(&with("StatusCallback", "https://my_host.example.com/hook"), 400, 21_609).await;
}

#[tokio::test]
async fn twilio_refuses_a_validity_period_out_of_bounds() {
    for period in ["0", "36001", "-1", "ten", "1.5"] {
        refused(&with("ValidityPeriod", period), 400, 20_422).await;
    }
}

#[tokio::test]
async fn twilio_refuses_a_value_outside_an_enumeration() {
    for (name, value) in [
        ("RiskCheck", "off"),
        ("ContentRetention", "delete"),
        ("AddressRetention", "discard"),
        ("SmartEncoded", "yes"),
        ("ProvideFeedback", "1"),
        ("Attempt", "0"),
    ] {
        refused(&with(name, value), 400, 20_422).await;
    }
}

#[tokio::test]
async fn twilio_refuses_an_unknown_field() {
    for name in ["StatusCallbackUrl", "to", "MediaUrl", "ScheduleType", "MaxPrice"] {
        refused(&with(name, "x"), 400, 20_001).await;
    }
}

#[tokio::test]
async fn twilio_refuses_a_field_given_twice() {
    let mut fields = text(WELL);
    fields.push(("To", "+5511987654310"));
    refused(&fields, 400, 20_001).await;
}

#[tokio::test]
async fn twilio_refuses_a_recipient_whose_plus_sign_was_not_escaped() {
    let rig = Rig::start().await;
    let twilio = &rig.settings.twilio;
    let call = rig.http.post(rig.sms_url());
    let call = call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token));
    let call = call.header("Content-Type", "application/x-www-form-urlencoded");
    let call = call.body("To=+5511987654300&From=%2B15017250604&Body=1234");
    rig.answer(call).await.is_twilio_error(400, 21_211);
}
