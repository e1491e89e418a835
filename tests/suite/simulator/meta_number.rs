//! What Meta tells of the number that sends, and what a token must be allowed to do.

use serde_json::json;

use super::rig::{CODE, Rig, WELL, asking, hurried, otp};

const NUMBER: &str = "106540352242922";

#[tokio::test]
async fn a_number_is_shown_to_a_good_token_only() {
    let rig = Rig::start().await;
    let url = format!("{}/v25.0/{NUMBER}", rig.simulator.meta_url());
    rig.answer(rig.http.get(&url)).await.is_graph_error(401, 104);
    rig.answer(rig.http.get(&url).bearer_auth("of-yesterday")).await.is_graph_error(401, 190);
}

#[tokio::test]
async fn no_other_object_is_shown() {
    let rig = Rig::start().await;
    let answer = rig.answer(rig.graph("GET", "999")).await;
    answer.is_graph_error(400, 100);
    assert_eq!(answer.body["error"]["error_subcode"], 33);
    rig.answer(rig.graph("DELETE", NUMBER)).await.is_graph_error(400, 100);
}

#[tokio::test]
async fn a_field_that_a_number_does_not_have_is_refused() {
    let rig = Rig::start().await;
    let call = rig.graph("GET", &asking(NUMBER, &[("fields", "id,colour")]));
    let answer = rig.answer(call).await;
    answer.is_graph_error(400, 100);
    assert!(answer.body["error"]["message"].as_str().unwrap().contains("(colour)"));
    rig.answer(rig.graph("GET", &asking(NUMBER, &[("field", "id")])))
        .await
        .is_graph_error(400, 100);
}

#[tokio::test]
async fn a_token_does_only_what_it_is_permitted() {
    let mut settings = hurried();
    settings.meta.permissions = vec!["whatsapp_business_messaging".into()];
    let rig = Rig::with(settings).await;
    rig.answer(rig.graph("GET", NUMBER)).await.is_graph_error(403, 200);
    rig.whatsapp(WELL).await;

    let mut settings = hurried();
    settings.meta.permissions = vec!["whatsapp_business_management".into()];
    let rig = Rig::with(settings).await;
    rig.meta(&otp(WELL, CODE)).await.is_graph_error(403, 10);
    assert_eq!(rig.answer(rig.graph("GET", NUMBER)).await.status, 200);
}

#[tokio::test]
async fn a_number_shows_what_is_asked_for() {
    let mut settings = hurried();
    settings.meta.phone.quality_rating = "YELLOW".into();
    settings.meta.phone.status = "FLAGGED".into();
    let rig = Rig::with(settings).await;
    let fields =
        "display_phone_number,verified_name,quality_rating,status,code_verification_status";
    let answer = rig.answer(rig.graph("GET", &asking(NUMBER, &[("fields", fields)]))).await;
    let wanted = json!({
        "id": NUMBER,
        "display_phone_number": "+15550783881",
        "verified_name": "Pombo",
        "quality_rating": "YELLOW",
        "status": "FLAGGED",
        "code_verification_status": "VERIFIED",
    });
    assert_eq!((answer.status, answer.body), (200, wanted));
}

#[tokio::test]
async fn a_number_shows_its_usual_fields_where_none_are_asked_for() {
    let rig = Rig::start().await;
    let answer = rig.answer(rig.graph("GET", NUMBER)).await;
    assert_eq!(answer.body["id"], NUMBER);
    assert_eq!(answer.body["throughput"]["level"], "STANDARD");
    assert!(answer.body.get("status").is_none());
}
