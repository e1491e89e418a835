//! Meta's callbacks: recorded ones, forged ones, odd ones.

use pombo::{
    delivery::{
        Callback, Malformed, Receipt,
        circuit::Part,
        whatsapp::{
            notices::Ours,
            webhook::{self, Batch, handshake, verify_signature},
        },
    },
    otp::{DeliveryStatus, FailureReason, Time},
};
use serde_json::{Value, json};

use super::{delivery, fixture, text, vectors};

fn parse(body: &[u8]) -> Result<Batch, Malformed> {
    webhook::parse(body, &ours("verification_code"))
}

/// A template of ours, in whichever account.
fn ours(template: &str) -> Ours {
    Ours { account: None, template: template.to_owned() }
}

/// A recorded callback, with a name of ours in it where the record has somebody else's.
fn recorded(name: &str) -> String {
    fixture(name).replace("at_01", &delivery().to_string())
}

fn read(body: &Value) -> Batch {
    parse(body.to_string().as_bytes()).ok().unwrap()
}

fn receipts(batch: &Batch) -> Vec<&Receipt> {
    let receipts = batch.callbacks.iter().filter_map(|callback| match callback {
        Callback::Receipt(receipt) => Some(receipt),
        _ => None,
    });
    receipts.collect()
}

/// The body of a callback with these statuses.
fn statuses(statuses: Value) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
        { "field": "messages", "value": { "messaging_product": "whatsapp", "statuses": statuses } },
    ]}]})
}

fn status(word: &str) -> Value {
    json!({
        "id": "wamid.1", "status": word, "timestamp": "1750030073",
        "biz_opaque_callback_data": delivery().to_string(),
    })
}

#[test]
fn recorded_receipts_are_understood() {
    use DeliveryStatus::{Delivered, Failed, Read};
    for (name, reached, failure) in [
        ("wa_status_delivered.json", Delivered, None),
        ("wa_status_read.json", Read, None),
        ("wa_status_failed_131026.json", Failed, Some(FailureReason::NotOnWhatsapp)),
    ] {
        let batch = parse(recorded(name).as_bytes()).ok().unwrap();
        let [receipt] = receipts(&batch)[..] else { panic!("{name}") };
        assert_eq!(receipt.delivery, delivery());
        assert_eq!(
            receipt.message_id,
            "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA="
        );
        assert_eq!(
            (receipt.status, receipt.failure.map(|it| it.reason)),
            (reached, failure),
            "{name}"
        );
        assert_eq!(receipt.at, Some(Time::from_secs(1_750_030_073)));
        assert_eq!(batch.skipped, 0);
    }
}

#[test]
fn receipts_of_other_programs_are_skipped_and_counted() {
    let batch = parse(fixture("wa_status_delivered.json").as_bytes()).ok().unwrap();
    assert_eq!((batch.callbacks.len(), batch.skipped), (0, 1));
    let batch = parse(fixture("wa_template_paused.json").as_bytes()).ok().unwrap();
    assert_eq!((batch.callbacks.len(), batch.skipped), (0, 1));
}

#[test]
fn a_tap_names_the_message_that_held_the_code() {
    let batch = parse(fixture("wa_did_not_request_code.json").as_bytes()).ok().unwrap();
    let [Callback::NotRequested { message_id }] = &batch.callbacks[..] else { panic!() };
    assert_eq!(message_id, "wamid.HBgLMTIxMTU1NTE0NTYVAgARGBJDMDEyMTFDNTE5NkFCOUU3QTEA");
}

#[test]
fn other_messages_of_people_are_skipped() {
    let tap = json!({ "type": "button", "button": { "payload": "DID_NOT_REQUEST_CODE" }, "context": { "id": "wamid.1" } });
    let change = |field: &str, key: &str, value: Value| {
        let mut tap = tap.clone();
        tap[field][key] = value;
        tap
    };
    let messages = json!([
        { "type": "text", "text": { "body": "DID_NOT_REQUEST_CODE" } },
        change("button", "payload", json!("OTHER")),
        change("context", "id", Value::Null),
        tap,
    ]);
    let body = json!({ "entry": [{ "changes": [{ "field": "messages", "value": { "messages": messages } }] }] });
    let batch = read(&body);
    assert_eq!((batch.callbacks.len(), batch.skipped), (1, 3));
}

#[test]
fn many_receipts_in_one_body_come_in_any_order_and_twice() {
    let words = ["read", "sent", "failed", "delivered", "read", "played", "new_in_2027"];
    let batch = read(&statuses(words.map(status).into_iter().collect()));
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let found: Vec<_> = receipts(&batch).iter().map(|receipt| receipt.status).collect();
    assert_eq!(found, [Read, Sent, Failed, Delivered, Read]);
    assert_eq!(batch.skipped, 2);
}

#[test]
fn entries_and_changes_are_all_visited() {
    let one = statuses(json!([status("sent")]));
    let change = &one["entry"][0]["changes"][0];
    let body =
        json!({ "entry": [{ "changes": [change, change] }, { "changes": [change] }, {}, 7, null] });
    assert_eq!(read(&body).callbacks.len(), 3);
}

#[test]
fn an_odd_notice_spoils_none_of_the_others() {
    let odd = json!([
        null, 7, "sent", [], {},
        { "status": "sent" },
        { "id": "wamid.1", "status": 3, "biz_opaque_callback_data": delivery().to_string() },
        { "status": "sent", "biz_opaque_callback_data": delivery().to_string() },
        { "id": "wamid.1", "status": "sent", "biz_opaque_callback_data": "ch_short.1" },
        { "id": "wamid.1", "status": "sent", "biz_opaque_callback_data": { "a": 1 } },
        { "id": "wamid.1", "status": "sent", "biz_opaque_callback_data": delivery().to_string() },
    ]);
    let batch = read(&statuses(odd));
    assert_eq!((batch.callbacks.len(), batch.skipped), (1, 10));
    assert_eq!(receipts(&batch)[0].at, None);
}

#[test]
fn only_a_failure_has_a_reason_and_it_is_the_first_errors() {
    let errors = |status: &str, errors: Value| {
        let mut body = self::status(status);
        body["errors"] = errors;
        let batch = read(&statuses(json!([body])));
        receipts(&batch)[0].failure.map(|it| it.reason)
    };
    let code = |code: Value| json!([{ "code": code }, { "code": 131026 }]);
    assert_eq!(errors("failed", code(json!(137000))), Some(FailureReason::IdentityChanged));
    assert_eq!(errors("failed", code(json!("137000"))), Some(FailureReason::Other));
    assert_eq!(errors("failed", code(json!(424242))), Some(FailureReason::Other));
    assert_eq!(errors("failed", json!([])), Some(FailureReason::Other));
    assert_eq!(errors("failed", Value::Null), Some(FailureReason::Other));
    assert_eq!(errors("delivered", code(json!(131026))), None);
}

#[test]
fn times_that_are_none_are_left_out() {
    for (timestamp, at) in [
        (json!("1750030073"), Some(Time::from_secs(1_750_030_073))),
        (json!(1750030073), Some(Time::from_secs(1_750_030_073))),
        (json!("-1"), None),
        (json!(-1), None),
        (json!(1.5), None),
        (json!("yesterday"), None),
        (Value::Null, None),
    ] {
        let mut body = status("sent");
        body["timestamp"] = timestamp;
        let batch = read(&statuses(json!([body])));
        assert_eq!(receipts(&batch)[0].at, at);
    }
}

#[test]
fn a_body_that_is_no_callback_is_malformed() {
    for body in ["", "{", "null", "[]", "{}", "{\"entry\":{}}", "\u{feff}{\"entry\":[]}"] {
        assert!(parse(body.as_bytes()).is_err(), "{body}");
    }
    assert!(parse(&[0xff, 0xfe]).is_err());
    assert!(parse(b"{\"entry\":[]}").is_ok());
}

#[test]
fn the_raw_body_is_what_is_signed() {
    for vector in vectors("wa_signature_vectors.json") {
        let (secret, body) = (text(&vector["app_secret"]), text(&vector["raw_body"]));
        let header = text(&vector["X-Hub-Signature-256"]);
        let signed = |secret: &str, header: &str, body: &str| {
            verify_signature(&secret.into(), header, body.as_bytes())
        };
        assert!(signed(&secret, &header, &body));
        assert!(!signed("another", &header, &body));
        assert!(!signed(&secret, &header, &format!("{body} ")));
        assert!(!signed(&secret, &header, &body.replace("entry", "entrx")));
        for at in 0..header.len() {
            let mut forged = header.clone().into_bytes();
            forged[at] ^= 1;
            assert!(!signed(&secret, &String::from_utf8(forged).unwrap(), &body), "{at}");
            assert!(!signed(&secret, &header[..at], &body), "{at}");
        }
    }
}

#[test]
fn without_a_secret_nothing_is_genuine() {
    // HMAC-SHA-256 of nothing with an empty key: anybody can compute it.
    let header = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    assert!(!verify_signature(&"".into(), header, b""));
    assert_eq!(handshake(&"".into(), "hub.mode=subscribe&hub.verify_token=&hub.challenge=1"), None);
}

#[test]
fn the_challenge_is_for_who_knows_the_token() {
    let answer = |query: &str| handshake(&"agreed token".into(), query);
    let good = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=agreed+token";
    assert_eq!(answer(good), Some("1158201444".to_owned()));
    let escaped = "hub.verify_token=agreed%20token&hub.challenge=a%26b&hub.mode=subscribe";
    assert_eq!(answer(escaped), Some("a&b".to_owned()));
    for query in [
        "",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=agreed",
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=agreed+token",
        "hub.challenge=1&hub.verify_token=agreed+token",
        "hub.mode=subscribe&hub.verify_token=agreed+token",
    ] {
        assert_eq!(answer(query), None, "{query}");
    }
}

#[test]
fn news_of_our_template_is_a_notice() {
    let paused = fixture("wa_template_paused.json");
    let batch = webhook::parse(paused.as_bytes(), &ours("otp_copy_code")).ok().unwrap();
    let [Callback::Notice(notice)] = &batch.callbacks[..] else { panic!("no notice") };
    assert_eq!((notice.event, notice.stopped), ("template_paused", true));
    assert_eq!(notice.part, Part::Template("en_US".to_owned()));
    let elsewhere = Ours { account: Some("1".to_owned()), ..ours("otp_copy_code") };
    let batch = webhook::parse(paused.as_bytes(), &elsewhere).ok().unwrap();
    assert_eq!(
        (batch.callbacks.len(), batch.skipped),
        (0, 1),
        "another account has one of that name"
    );
}
