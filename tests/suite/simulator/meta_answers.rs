//! What Meta answers to a good message.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use super::rig::{CODE, Rig, WELL, otp};

#[tokio::test]
async fn meta_answers_with_the_recipient_as_written_and_as_known() {
    let rig = Rig::start().await;
    let answer = rig.meta(&otp(WELL, CODE)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["messaging_product"], "whatsapp");
    let contacts = json!([{ "input": "+5511987654300", "wa_id": "5511987654300" }]);
    assert_eq!(answer.body["contacts"], contacts);
    assert_eq!(answer.body["messages"][0]["message_status"], "accepted");
}

#[tokio::test]
async fn meta_takes_a_recipient_with_and_without_its_plus() {
    let rig = Rig::start().await;
    rig.whatsapp("5511987654300").await;
    rig.whatsapp("+5511987654300").await;
    let messages = rig.simulator.inbox().wait_for(WELL, 2).await;
    assert!(messages.iter().all(|message| message.to == WELL));
}

#[tokio::test]
async fn a_message_id_holds_the_recipients_digits_and_is_never_the_same() {
    let rig = Rig::start().await;
    let (one, other) = (rig.whatsapp(WELL).await, rig.whatsapp(WELL).await);
    assert_ne!(one, other);
    let raw = BASE64_STANDARD.decode(one.strip_prefix("wamid.").unwrap()).unwrap();
    assert!(raw.windows(13).any(|window| window == b"5511987654300"));
}

#[tokio::test]
async fn meta_takes_the_language_policy_that_its_schema_asks_for() {
    let rig = Rig::start().await;
    let mut message = otp(WELL, CODE);
    message["template"]["language"]["policy"] = json!("deterministic");
    assert_eq!(rig.meta(&message).await.status, 200);
}

#[tokio::test]
async fn the_number_wins_where_a_business_scoped_id_stands_beside_it() {
    let rig = Rig::start().await;
    let mut message = otp(WELL, CODE);
    message["recipient"] = json!("BR.1349");
    assert_eq!(rig.meta(&message).await.status, 200);
}

#[tokio::test]
async fn callback_data_may_be_256_characters_long_or_absent() {
    let rig = Rig::start().await;
    let mut message = otp(WELL, CODE);
    message["biz_opaque_callback_data"] = json!("é".repeat(256));
    assert_eq!(rig.meta(&message).await.status, 200);
    message.as_object_mut().unwrap().remove("biz_opaque_callback_data");
    assert_eq!(rig.meta(&message).await.status, 200);
}
