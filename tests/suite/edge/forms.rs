//! Each field of a request is held to its form.

use pombo::grpc::proto::{self, FlowOutcome, IssueCodeRequest, Purpose};
use prost_types::Timestamp;

use super::{NOBODYS, NUMBER, bad_fields, payment, refused, world};
use crate::support::pombo::login;

#[tokio::test]
async fn each_other_field_is_held_to_its_form() {
    let pombo = world(&[]).await.serve().await;
    let language = |text: &str| IssueCodeRequest { language_code: text.into(), ..login(NUMBER) };
    let address = |text: &str| IssueCodeRequest { client_ip: text.into(), ..login(NUMBER) };
    let mut cases: Vec<(IssueCodeRequest, &str)> = Vec::new();
    for text in ["p", "pt_BR", "pt-", "-BR", "english", "pt-BRAZILIAN0", "pt BR", "p\u{e9}", "\0"] {
        cases.push((language(text), "language_code"));
    }
    cases.push((language(&"en-aaaaaaaa".repeat(5)), "language_code"));
    for text in [
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.4:80",
        "[::1]",
        "fe80::1%eth0",
        " ::1",
    ] {
        cases.push((address(text), "client_ip"));
    }
    for purpose in [0, 7, -1, i32::MIN, i32::MAX] {
        cases.push((IssueCodeRequest { purpose, ..login(NUMBER) }, "purpose"));
    }
    for requested_channel in [3, -1, i32::MAX] {
        cases.push((IssueCodeRequest { requested_channel, ..login(NUMBER) }, "requested_channel"));
    }
    cases.push((
        IssueCodeRequest { transaction: Some(payment("1")), ..login(NUMBER) },
        "transaction",
    ));
    for (request, field) in cases {
        assert_eq!(bad_fields(&refused(&pombo, request.clone()).await), [field], "{request:?}");
    }
}

#[tokio::test]
async fn each_field_of_a_transaction_is_held_to_its_form() {
    let pombo = world(&[]).await.serve().await;
    let long = "x".repeat(141);
    for (field, texts) in [
        (
            "amount",
            ["", ".5", "1.", "1,000.00", "+1", "1e3", "NaN", "0x1F", "１", "123456789012345678.90"],
        ),
        ("currency", ["", "brl", "BR", "REAL", "R$", "BR1", "BRL ", "ＢＲＬ", "\0\0\0", "B\nL"]),
        (
            "payee",
            ["", " ", "\t", "a\nb", "a\u{0}", "\u{7f}", "a\u{9b}b", "\r", &long, "\u{1b}[0m"],
        ),
    ] {
        for text in texts {
            let mut transaction = payment("10.50");
            match field {
                "amount" => transaction.amount = text.into(),
                "currency" => transaction.currency = text.into(),
                _ => transaction.payee = text.into(),
            }
            let purpose = Purpose::Transaction.into();
            let request =
                IssueCodeRequest { transaction: Some(transaction), purpose, ..login(NUMBER) };
            let expected = [format!("transaction.{field}")];
            assert_eq!(bad_fields(&refused(&pombo, request).await), expected, "{text:?}");
        }
    }
}

#[tokio::test]
async fn an_odd_time_of_a_report_is_a_bad_field() {
    let pombo = world(&[]).await.serve().await;
    let issued = pombo.issue(NUMBER).await;
    for (seconds, nanos) in [
        (-1, 0),
        (i64::MIN, 0),
        (0, 0),
        (1, 0),
        (i64::MAX, 0),
        (i64::MAX / 1000, 0),
        (253_402_300_800, 0),
        (1_790_000_000, -1),
        (1_790_000_000, i32::MIN),
        (1_790_000_000, 1_000_000_000),
        (1_790_000_000, i32::MAX),
    ] {
        let request = proto::ReportOutcomeRequest {
            challenge_id: issued.challenge_id.clone(),
            outcome: FlowOutcome::Completed.into(),
            occur_time: Some(Timestamp { seconds, nanos }),
        };
        let status = pombo.client().await.report_outcome(request).await.unwrap_err();
        assert_eq!(bad_fields(&status), ["occur_time"], "{seconds} {nanos}");
    }
    // Nothing was reported: the first true report counts.
    let mut time = issued.expire_time.unwrap();
    for nanos in [1_000_000_000, -1] {
        time.nanos = nanos;
        let request = proto::ReportOutcomeRequest {
            challenge_id: NOBODYS.into(),
            outcome: FlowOutcome::Completed.into(),
            occur_time: Some(time),
        };
        let status = pombo.client().await.report_outcome(request).await.unwrap_err();
        assert_eq!(bad_fields(&status), ["occur_time"], "{nanos}");
    }
}
