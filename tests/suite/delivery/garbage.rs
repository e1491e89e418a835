//! Whatever arrives, parsers answer.

use pombo::delivery::{
    reaction::without_digits,
    sms::twilio_webhook,
    whatsapp::{notices::Ours, webhook},
};
use pombo::delivery::{
    sms::{
        segments,
        twilio_webhook::{parse_form, verify_signature as verify_twilio},
    },
    whatsapp::webhook::{handshake, verify_signature as verify_meta},
};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::delivery;

/// JSON out of the words of Meta's callbacks, put together at random.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::from(delivery().to_string())),
        prop::sample::select(vec!["messages", "sent", "failed", "button", "DID_NOT_REQUEST_CODE"])
            .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "entry",
        "changes",
        "field",
        "value",
        "statuses",
        "messages",
        "status",
        "id",
        "errors",
        "code",
        "biz_opaque_callback_data",
        "timestamp",
        "type",
        "button",
        "payload",
        "context",
    ]);
    leaf.prop_recursive(8, 64, 6, move |inner| {
        let object = prop::collection::vec((keys.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|pairs| {
                Value::from(
                    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_answered_and_none_are_signed(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = webhook::parse(&body, &Ours::default());
        let _ = parse_form(&body);
        prop_assert!(!verify_meta(&"secret".into(), &String::from_utf8_lossy(&body), &body));
    }

    #[test]
    fn any_entries_are_read_or_skipped(entries in prop::collection::vec(json(), 0..4)) {
        let body = serde_json::json!({ "entry": entries });
        prop_assert!(webhook::parse(body.to_string().as_bytes(), &Ours::default()).is_ok());
    }

    #[test]
    fn any_text_is_answered_and_none_is_signed(url in ".*", query in ".*", header in ".*", name in ".*", value in ".*") {
        let params = [(name, value)];
        prop_assert!(!verify_twilio(&"secret".into(), &url, &params, &header));
        let _ = twilio_webhook::parse(&query, &params);
        prop_assert_eq!(handshake(&"a token of some length".into(), &query), None);
        let (_, count) = segments(&header);
        prop_assert!(count >= 1);
    }

    #[test]
    fn no_number_survives(before in "[a-z +#(]{0,9}", number in "[0-9]{4,15}", after in "[a-z .)]{0,9}") {
        let shown = without_digits(&format!("{before}{number}{after}"));
        prop_assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{}", shown);
    }
}
