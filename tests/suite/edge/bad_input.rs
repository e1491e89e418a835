//! What is wrong with a request is told to its sender: all of it at once, and never as our fault.

use pombo::grpc::proto::{
    self, FlowOutcome, IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest,
};
use prost_types::Timestamp;
use tonic::{Code, Status};

use super::{bad_fields, payment, world};
use crate::support::pombo::{Pombo, guess, login};

const NUMBER: &str = "+5511987654300";

/// A challenge that nobody ever issued, well formed.
const NOBODYS: &str = "ch_0000000000000000000000000000000000000000000000000000";

async fn refused(pombo: &Pombo, request: IssueCodeRequest) -> Status {
    pombo
        .try_issue(request.clone())
        .await
        .expect_err(&format!("{request:?}"))
}

#[tokio::test]
async fn all_bad_fields_are_named_at_once() {
    let pombo = world(&[]).await.serve().await;
    let nonsense = Transaction {
        amount: "-1,5".into(),
        currency: "brl".into(),
        payee: " ".into(),
        reference: "\u{7}".into(),
    };
    let issue = IssueCodeRequest {
        recipient: "911".into(),
        purpose: 99,
        subject_id: "x".repeat(129),
        client_ip: "256.1.1.1".into(),
        language_code: "pt_BR".into(),
        transaction: Some(nonsense.clone()),
        requested_channel: -1,
        idempotency_key: "line\nbreak".into(),
    };
    let transaction =
        ["amount", "currency", "payee", "reference"].map(|f| format!("transaction.{f}"));
    let mut expected = vec!["client_ip", "idempotency_key", "language_code", "purpose"];
    expected.extend(["recipient", "requested_channel", "subject_id"]);
    expected.extend(transaction.iter().map(String::as_str));
    assert_eq!(bad_fields(&refused(&pombo, issue).await), expected);

    let verify = VerifyCodeRequest {
        challenge_id: "ch_".into(),
        code: "12345a".into(),
        transaction: Some(nonsense),
        client_ip: "::g".into(),
        idempotency_key: "x".repeat(129),
        subject_id: "\0".into(),
        purpose: 7,
    };
    let mut expected = vec![
        "challenge_id",
        "client_ip",
        "code",
        "idempotency_key",
        "purpose",
    ];
    expected.push("subject_id");
    expected.extend(transaction.iter().map(String::as_str));
    assert_eq!(
        bad_fields(&pombo.try_verify(verify).await.unwrap_err()),
        expected
    );

    let resend = proto::ResendCodeRequest {
        challenge_id: String::new(),
        requested_channel: 3,
        idempotency_key: "\u{85}".into(),
    };
    let status = pombo.client().await.resend_code(resend).await.unwrap_err();
    assert_eq!(
        bad_fields(&status),
        ["challenge_id", "idempotency_key", "requested_channel"]
    );
}

#[tokio::test]
async fn a_malformed_number_is_refused_and_not_repeated() {
    let pombo = world(&[]).await.serve().await;
    let long = format!("+{}", "5".repeat(5000));
    for number in [
        "",
        "+",
        "5511987654300",
        "+55 11 98765-4300",
        "+5511987654300 ",
        "+5511987654300\0",
        "+0511987654300",
        "+5531777",
        "+55317776543001234",
        "+55１１987654300",
        "+553177765430o",
        "+99912345678",
        "+5511111",
        "tel:+5511987654300",
        "\u{200e}+5511987654300",
        &long,
    ] {
        let status = refused(&pombo, login(number)).await;
        assert_eq!(bad_fields(&status), ["recipient"], "{number:?}");
        let said = format!("{status:?}");
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        assert!(digits.len() < 6 || !said.contains(&digits), "{said}");
        assert!(!said.contains("987654300"), "{said}");
    }
}

#[tokio::test]
async fn each_other_field_is_held_to_its_form() {
    let pombo = world(&[]).await.serve().await;
    let language = |text: &str| IssueCodeRequest {
        language_code: text.into(),
        ..login(NUMBER)
    };
    let address = |text: &str| IssueCodeRequest {
        client_ip: text.into(),
        ..login(NUMBER)
    };
    let mut cases: Vec<(IssueCodeRequest, &str)> = Vec::new();
    for text in [
        "p",
        "pt_BR",
        "pt-",
        "-BR",
        "english",
        "pt-BRAZILIAN0",
        "pt BR",
        "p\u{e9}",
        "\0",
    ] {
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
        cases.push((
            IssueCodeRequest {
                purpose,
                ..login(NUMBER)
            },
            "purpose",
        ));
    }
    for requested_channel in [3, -1, i32::MAX] {
        cases.push((
            IssueCodeRequest {
                requested_channel,
                ..login(NUMBER)
            },
            "requested_channel",
        ));
    }
    cases.push((
        IssueCodeRequest {
            transaction: Some(payment("1")),
            ..login(NUMBER)
        },
        "transaction",
    ));
    for (request, field) in cases {
        assert_eq!(
            bad_fields(&refused(&pombo, request.clone()).await),
            [field],
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn each_field_of_a_transaction_is_held_to_its_form() {
    let pombo = world(&[]).await.serve().await;
    let long = "x".repeat(141);
    for (field, texts) in [
        (
            "amount",
            [
                "",
                ".5",
                "1.",
                "1,000.00",
                "+1",
                "1e3",
                "NaN",
                "0x1F",
                "１",
                "123456789012345678.90",
            ],
        ),
        (
            "currency",
            [
                "",
                "brl",
                "BR",
                "REAL",
                "R$",
                "BR1",
                "BRL ",
                "ＢＲＬ",
                "\0\0\0",
                "B\nL",
            ],
        ),
        (
            "payee",
            [
                "",
                " ",
                "\t",
                "a\nb",
                "a\u{0}",
                "\u{7f}",
                "a\u{9b}b",
                "\r",
                &long,
                "\u{1b}[0m",
            ],
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
            let request = IssueCodeRequest {
                transaction: Some(transaction),
                purpose,
                ..login(NUMBER)
            };
            let expected = [format!("transaction.{field}")];
            assert_eq!(
                bad_fields(&refused(&pombo, request).await),
                expected,
                "{text:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_malformed_id_is_a_bad_field_in_every_call() {
    let pombo = world(&[]).await.serve().await;
    let long = format!("ch_{}", "0".repeat(5000));
    for id in [
        "",
        "ch_",
        &NOBODYS[..54],
        "CH_0",
        "ch_u000000000000000000000000000000000000000000000000000",
        &long,
    ] {
        let challenge_id = id.to_owned();
        let mut client = pombo.client().await;
        let read = client.get_challenge(proto::GetChallengeRequest {
            challenge_id: challenge_id.clone(),
        });
        assert_eq!(
            bad_fields(&read.await.unwrap_err()),
            ["challenge_id"],
            "{id}"
        );
        let watch = proto::WatchChallengeRequest {
            challenge_id: challenge_id.clone(),
        };
        assert_eq!(
            bad_fields(&client.watch_challenge(watch).await.unwrap_err()),
            ["challenge_id"]
        );
        let cancel = proto::CancelChallengeRequest {
            challenge_id: challenge_id.clone(),
        };
        assert_eq!(
            bad_fields(&client.cancel_challenge(cancel).await.unwrap_err()),
            ["challenge_id"]
        );
        let report = proto::ReportOutcomeRequest {
            challenge_id,
            ..Default::default()
        };
        let status = client.report_outcome(report).await.unwrap_err();
        assert_eq!(bad_fields(&status), ["challenge_id", "outcome"]);
        assert_eq!(
            bad_fields(&pombo.try_verify(guess(id, "123456")).await.unwrap_err()),
            ["challenge_id"]
        );
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
        let status = pombo
            .client()
            .await
            .report_outcome(request)
            .await
            .unwrap_err();
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
        let status = pombo
            .client()
            .await
            .report_outcome(request)
            .await
            .unwrap_err();
        assert_eq!(bad_fields(&status), ["occur_time"], "{nanos}");
    }
}

#[tokio::test]
async fn a_message_over_the_bound_is_refused_and_the_connection_lives() {
    let pombo = world(&[]).await.serve().await;
    let mut client = pombo.client().await;
    for size in [64 * 1024 + 1, 1 << 20, 8 << 20] {
        let huge = IssueCodeRequest {
            subject_id: "x".repeat(size),
            ..login(NUMBER)
        };
        let status = client.issue_code(huge).await.unwrap_err();
        let expected = [
            Code::OutOfRange,
            Code::ResourceExhausted,
            Code::InvalidArgument,
        ];
        assert!(expected.contains(&status.code()), "{size}: {status:?}");
    }
    let within = IssueCodeRequest {
        subject_id: "x".repeat(60 * 1024),
        ..login(NUMBER)
    };
    assert_eq!(
        bad_fields(&client.issue_code(within).await.unwrap_err()),
        ["subject_id"]
    );
    assert!(client.issue_code(login(NUMBER)).await.is_ok());
}

#[tokio::test]
async fn a_channel_without_a_sender_is_refused_and_changes_nothing() {
    let more = [
        ("SMS__PROVIDER", "none"),
        ("DELIVERY__PLAN", "[\"whatsapp\"]"),
        ("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]"),
    ];
    let world = world(&more).await;
    let pombo = world.serve().await;
    let issued = pombo.issue(NUMBER).await;
    let resend = |channel: proto::Channel| proto::ResendCodeRequest {
        challenge_id: issued.challenge_id.clone(),
        requested_channel: channel.into(),
        ..Default::default()
    };
    let mut client = pombo.client().await;
    let status = client
        .resend_code(resend(proto::Channel::Sms))
        .await
        .unwrap_err();
    assert_eq!(bad_fields(&status), ["requested_channel"]);
    let resent = client
        .resend_code(resend(proto::Channel::Unspecified))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(resent.channel(), proto::Channel::Whatsapp);
    assert_eq!(world.simulator.inbox().wait_for(NUMBER, 2).await.len(), 2);
}
