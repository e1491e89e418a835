//! The messages that reached a phone.

use pombo::simulator::{Channel, Inbox, router};
use serde_json::{Value, json};

use super::rig::{CODE, Rig, WELL};

/// The inbox page on a port of its own.
async fn page(inbox: Inbox) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/simulator/inbox", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router(inbox)).await });
    url
}

async fn read(rig: &Rig, url: &str) -> Vec<Value> {
    rig.http.get(url).send().await.unwrap().json().await.unwrap()
}

/// One message of each channel, in this order.
async fn both(rig: &Rig) {
    rig.whatsapp(WELL).await;
    rig.simulator.inbox().wait_for(WELL, 1).await;
    rig.sms(WELL).await;
    rig.simulator.inbox().wait_for(WELL, 2).await;
}

#[tokio::test]
async fn the_page_shows_a_numbers_messages_oldest_first() {
    let rig = Rig::start().await;
    both(&rig).await;
    rig.whatsapp("+5511987654310").await;
    rig.simulator.inbox().wait_for("+5511987654310", 1).await;
    let url = page(rig.simulator.inbox()).await;
    let messages = read(&rig, &format!("{url}?to=%2B5511987654300")).await;
    assert_eq!(messages.len(), 2);
    let sms = json!({
        "channel": "sms",
        "to": WELL,
        "code": CODE,
        "text": "123456 is your Pombo code.",
        "time": messages[1]["time"],
    });
    assert_eq!(messages[0]["channel"], "whatsapp");
    assert_eq!(messages[0]["code"], CODE);
    assert!(messages[0]["text"].as_str().unwrap().starts_with("123456 is your"));
    assert_eq!(messages[1], sms);
    assert_eq!(read(&rig, &url).await.len(), 3);
}

#[tokio::test]
async fn the_page_forgives_a_plus_sign_left_as_it_is() {
    let rig = Rig::start().await;
    both(&rig).await;
    let url = page(rig.simulator.inbox()).await;
    assert_eq!(read(&rig, &format!("{url}?to=+5511987654300")).await.len(), 2);
    assert!(read(&rig, &format!("{url}?to=%2B5511987654310")).await.is_empty());
}

#[tokio::test]
async fn a_message_carries_the_time_of_its_arrival() {
    let rig = Rig::start().await;
    both(&rig).await;
    let time = rig.simulator.inbox().messages(None)[0].time.clone();
    let form: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00T00:00:00Z");
}

#[tokio::test]
async fn a_subscriber_sees_each_new_message() {
    let rig = Rig::start().await;
    let mut arrivals = rig.simulator.inbox().subscribe();
    both(&rig).await;
    assert_eq!(arrivals.recv().await.unwrap().channel, Channel::WhatsApp);
    assert_eq!(arrivals.recv().await.unwrap().channel, Channel::Sms);
}

#[tokio::test]
async fn a_message_shows_neither_code_nor_number_in_a_debug_print() {
    let rig = Rig::start().await;
    both(&rig).await;
    let print = format!("{:?}", rig.simulator.inbox().messages(None));
    assert!(!print.contains(CODE) && !print.contains("11987"), "{print}");
}

#[tokio::test]
async fn the_code_of_a_text_message_is_its_first_run_of_four_to_ten_digits() {
    let rig = Rig::start().await;
    for (n, (body, code)) in [
        ("Use 123 times 4567.", "4567"),
        ("Call 55119876543210 or use 1234567890", "1234567890"),
        ("G-482910 is your code", "482910"),
        ("No code here", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = [("To", WELL), ("From", "+15017250604"), ("Body", body)];
        assert_eq!(rig.twilio(&fields).await.status, 201);
        let messages = rig.simulator.inbox().wait_for(WELL, n + 1).await;
        assert_eq!(messages[n].code, code, "{body}");
    }
}
