//! What is wrong with a request is told to its sender: all of it at once, and never as our fault.

use pombo::grpc::proto::{self, IssueCodeRequest, Transaction, VerifyCodeRequest};
use tonic::Code;

use super::{NOBODYS, NUMBER, bad_fields, refused, world};
use crate::support::pombo::{guess, login};

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
    let mut expected = vec!["challenge_id", "client_ip", "code", "idempotency_key", "purpose"];
    expected.push("subject_id");
    expected.extend(transaction.iter().map(String::as_str));
    assert_eq!(bad_fields(&pombo.try_verify(verify).await.unwrap_err()), expected);

    let resend = proto::ResendCodeRequest {
        challenge_id: String::new(),
        requested_channel: 3,
        idempotency_key: "\u{85}".into(),
    };
    let status = pombo.client().await.resend_code(resend).await.unwrap_err();
    assert_eq!(bad_fields(&status), ["challenge_id", "idempotency_key", "requested_channel"]);
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
        let read =
            client.get_challenge(proto::GetChallengeRequest { challenge_id: challenge_id.clone() });
        assert_eq!(bad_fields(&read.await.unwrap_err()), ["challenge_id"], "{id}");
        let watch = proto::WatchChallengeRequest { challenge_id: challenge_id.clone() };
        assert_eq!(bad_fields(&client.watch_challenge(watch).await.unwrap_err()), ["challenge_id"]);
        let cancel = proto::CancelChallengeRequest { challenge_id: challenge_id.clone() };
        assert_eq!(
            bad_fields(&client.cancel_challenge(cancel).await.unwrap_err()),
            ["challenge_id"]
        );
        let report = proto::ReportOutcomeRequest { challenge_id, ..Default::default() };
        let status = client.report_outcome(report).await.unwrap_err();
        assert_eq!(bad_fields(&status), ["challenge_id", "outcome"]);
        assert_eq!(
            bad_fields(&pombo.try_verify(guess(id, "123456")).await.unwrap_err()),
            ["challenge_id"]
        );
    }
}

#[tokio::test]
async fn a_message_over_the_bound_is_refused_and_the_connection_lives() {
    let pombo = world(&[]).await.serve().await;
    let mut client = pombo.client().await;
    for size in [64 * 1024 + 1, 1 << 20, 8 << 20] {
        let huge = IssueCodeRequest { subject_id: "x".repeat(size), ..login(NUMBER) };
        let status = client.issue_code(huge).await.unwrap_err();
        let expected = [Code::OutOfRange, Code::ResourceExhausted, Code::InvalidArgument];
        assert!(expected.contains(&status.code()), "{size}: {status:?}");
    }
    let within = IssueCodeRequest { subject_id: "x".repeat(60 * 1024), ..login(NUMBER) };
    assert_eq!(bad_fields(&client.issue_code(within).await.unwrap_err()), ["subject_id"]);
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
    let status = client.resend_code(resend(proto::Channel::Sms)).await.unwrap_err();
    assert_eq!(bad_fields(&status), ["requested_channel"]);
    let resent =
        client.resend_code(resend(proto::Channel::Unspecified)).await.unwrap().into_inner();
    assert_eq!(resent.channel(), proto::Channel::Whatsapp);
    assert_eq!(world.simulator.inbox().wait_for(NUMBER, 2).await.len(), 2);
}
