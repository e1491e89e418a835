//! The account at Twilio and its numbers, and to whom they are shown.

use serde_json::Value;

use super::rig::{Rig, WELL, asking, hurried, text};

const SID: &str = "AC00000000000000000000000000000000";

fn url(rig: &Rig, path: &str) -> String {
    format!("{}/2010-04-01/Accounts/{path}", rig.simulator.twilio_url())
}

fn get(rig: &Rig, path: &str) -> reqwest::RequestBuilder {
    let twilio = &rig.settings.twilio;
    rig.http.get(url(rig, path)).basic_auth(&twilio.account_sid, Some(&twilio.auth_token))
}

async fn with_status(status: &str) -> Rig {
    let mut settings = hurried();
    settings.twilio.status = status.into();
    Rig::with(settings).await
}

/// The numbers that a search finds.
async fn found(rig: &Rig, query: &[(&str, &str)]) -> Vec<String> {
    let path = format!("{SID}/IncomingPhoneNumbers.json");
    let answer = rig.answer(get(rig, &asking(&path, query))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let list = answer.body["incoming_phone_numbers"].as_array().unwrap();
    list.iter().map(|number| number["phone_number"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_account_is_shown_to_its_credentials_only() {
    let rig = Rig::start().await;
    for path in [format!("{SID}.json"), format!("{SID}/IncomingPhoneNumbers.json")] {
        rig.answer(rig.http.get(url(&rig, &path))).await.is_twilio_error(401, 20_003);
        let wrong = rig.http.get(url(&rig, &path)).basic_auth(SID, Some("of-yesterday"));
        rig.answer(wrong).await.is_twilio_error(401, 20_003);
        let bearer = rig.http.get(url(&rig, &path)).bearer_auth("simulated-auth-token");
        rig.answer(bearer).await.is_twilio_error(401, 20_003);
    }
}

#[tokio::test]
async fn no_other_account_is_found_nor_one_in_another_form() {
    let rig = Rig::start().await;
    let other = "AC11111111111111111111111111111111";
    let paths = [
        format!("{other}.json"),
        format!("{other}/IncomingPhoneNumbers.json"),
        SID.to_owned(),
        format!("{SID}/IncomingPhoneNumbers"),
    ];
    for path in paths {
        rig.answer(get(&rig, &path)).await.is_twilio_error(404, 20_404);
    }
}

#[tokio::test]
async fn an_account_is_only_looked_at() {
    let rig = Rig::start().await;
    for path in [format!("{SID}.json"), format!("{SID}/IncomingPhoneNumbers.json")] {
        let twilio = &rig.settings.twilio;
        let call = rig.http.post(url(&rig, &path));
        let call = call.basic_auth(&twilio.account_sid, Some(&twilio.auth_token));
        rig.answer(call).await.is_twilio_error(405, 20_004);
    }
}

#[tokio::test]
async fn an_account_that_is_not_active_sends_nothing_and_says_so() {
    for status in ["suspended", "closed"] {
        let rig = with_status(status).await;
        rig.twilio(&text(WELL)).await.is_twilio_error(401, 20_003);
        let path = format!("{SID}/IncomingPhoneNumbers.json");
        rig.answer(get(&rig, &path)).await.is_twilio_error(401, 20_003);
        let answer = rig.answer(get(&rig, &format!("{SID}.json"))).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &Value::from(status)));
    }
}

#[tokio::test]
async fn an_account_shows_its_name_type_and_state() {
    let rig = Rig::start().await;
    let body = rig.answer(get(&rig, &format!("{SID}.json"))).await.body;
    let wanted = [("sid", SID), ("friendly_name", "Pombo"), ("status", "active"), ("type", "Full")];
    for (key, value) in wanted {
        assert_eq!(body[key], value);
    }
}

#[tokio::test]
async fn a_search_for_numbers_knows_its_parameters() {
    let rig = Rig::start().await;
    let path = format!("{SID}/IncomingPhoneNumbers.json");
    let bad = [("Phonenumber", "+1"), ("PageSize", "0"), ("PageSize", "1001"), ("Page", "one")];
    for pair in bad {
        let answer = rig.answer(get(&rig, &asking(&path, &[pair]))).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[tokio::test]
async fn a_number_is_found_whole_in_part_or_by_a_pattern() {
    let mut settings = hurried();
    settings.twilio.numbers = vec!["+15017250604".into(), "+15017250699".into()];
    let rig = Rig::with(settings).await;
    assert_eq!(found(&rig, &[]).await.len(), 2);
    assert_eq!(found(&rig, &[("PhoneNumber", "+15017250604")]).await, ["+15017250604"]);
    assert_eq!(found(&rig, &[("PhoneNumber", "0699")]).await, ["+15017250699"]);
    assert_eq!(found(&rig, &[("PhoneNumber", "+1501725**04")]).await, ["+15017250604"]);
    assert!(found(&rig, &[("PhoneNumber", "+15550000000")]).await.is_empty());
}

#[tokio::test]
async fn numbers_come_in_pages() {
    let mut settings = hurried();
    settings.twilio.numbers = (10..15).map(|i| format!("+150172506{i}")).collect();
    let rig = Rig::with(settings).await;
    let path = format!("{SID}/IncomingPhoneNumbers.json");
    let first = rig.answer(get(&rig, &asking(&path, &[("PageSize", "3")]))).await.body;
    assert_eq!(first["incoming_phone_numbers"].as_array().unwrap().len(), 3);
    assert!(first["previous_page_uri"].is_null());
    let next =
        first["next_page_uri"].as_str().unwrap().strip_prefix("/2010-04-01/Accounts/").unwrap();
    let second = rig.answer(get(&rig, next)).await.body;
    assert_eq!(second["incoming_phone_numbers"].as_array().unwrap().len(), 2);
    assert!(second["next_page_uri"].is_null());
}

#[tokio::test]
async fn a_number_says_whether_it_sends_texts() {
    let rig = Rig::start().await;
    let path = format!("{SID}/IncomingPhoneNumbers.json");
    let body = rig.answer(get(&rig, &path)).await.body;
    let number = &body["incoming_phone_numbers"][0];
    assert_eq!(number["capabilities"]["sms"], true);
    assert_eq!(number["account_sid"], SID);
    assert_eq!(number["sid"].as_str().unwrap().len(), 34);
}
