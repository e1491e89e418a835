//! A code for a payment approves that payment and no other.

use pombo::grpc::proto::{
    self, IssueCodeRequest, Purpose, Transaction, VerifyCodeRequest, VerifyOutcome,
};

use super::{NUMBER, bad_fields, payment, world};
use crate::support::{
    pombo::{Pombo, guess, login},
    world::World,
};

fn pay(amount: &str) -> IssueCodeRequest {
    IssueCodeRequest {
        purpose: Purpose::Transaction.into(),
        transaction: Some(payment(amount)),
        ..login(NUMBER)
    }
}

/// A guess at the code of a payment that is about to be made.
fn approve(challenge_id: &str, code: &str, transaction: Transaction) -> VerifyCodeRequest {
    VerifyCodeRequest { transaction: Some(transaction), ..guess(challenge_id, code) }
}

/// A challenge for a payment of 10.50, with the code that was sent.
async fn issued(world: &World, pombo: &Pombo) -> (String, String) {
    let challenge_id = pombo.try_issue(pay("10.50")).await.unwrap().challenge_id;
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    (challenge_id, code)
}

#[tokio::test]
async fn a_transaction_is_required_with_its_purpose_and_refused_otherwise() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let without = IssueCodeRequest { transaction: None, ..pay("1") };
    assert_eq!(bad_fields(&pombo.try_issue(without).await.unwrap_err()), ["transaction"]);
    let needless = IssueCodeRequest { purpose: Purpose::Login.into(), ..pay("1") };
    assert_eq!(bad_fields(&pombo.try_issue(needless).await.unwrap_err()), ["transaction"]);

    let (challenge_id, code) = issued(&world, &pombo).await;
    let status = pombo.try_verify(guess(&challenge_id, &code)).await.unwrap_err();
    assert_eq!(bad_fields(&status), ["transaction"]);
    assert_eq!(pombo.get(&challenge_id).await.attempts_remaining, 5);
    let login = pombo.issue(NUMBER).await.challenge_id;
    let status = pombo.try_verify(approve(&login, "123456", payment("1"))).await.unwrap_err();
    assert_eq!(bad_fields(&status), ["transaction"]);
    assert_eq!(pombo.get(&login).await.attempts_remaining, 5);
}

#[tokio::test]
async fn the_same_amount_in_another_spelling_is_the_same_payment() {
    for spelling in ["10.5", "10.500", "0010.50"] {
        let world = world(&[]).await;
        let pombo = world.serve().await;
        let (challenge_id, code) = issued(&world, &pombo).await;
        let again = pombo.try_issue(pay(spelling)).await.unwrap();
        assert_eq!((again.reused, &again.challenge_id), (true, &challenge_id));
        let answer =
            pombo.try_verify(approve(&challenge_id, &code, payment(spelling))).await.unwrap();
        assert_eq!(
            (answer.outcome(), answer.purpose()),
            (VerifyOutcome::Verified, Purpose::Transaction)
        );
        assert_eq!(answer.recipient, NUMBER);
    }
}

#[tokio::test]
async fn any_other_payment_is_a_mismatch_and_costs_an_attempt() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let (challenge_id, code) = issued(&world, &pombo).await;
    let right = payment("10.50");
    let others = [
        Transaction { amount: "10.51".into(), ..right.clone() },
        Transaction { currency: "USD".into(), ..right.clone() },
        Transaction { payee: "ACME ltda".into(), ..right.clone() },
        Transaction { reference: String::new(), ..right.clone() },
    ];
    for (other, left) in others.into_iter().zip([4, 3, 2, 1]) {
        let answer = pombo.try_verify(approve(&challenge_id, &code, other)).await.unwrap();
        assert_eq!(answer.outcome(), VerifyOutcome::TransactionMismatch);
        assert_eq!((answer.attempts_remaining, answer.recipient.as_str()), (left, ""));
    }
    let answer = pombo.try_verify(approve(&challenge_id, &code, right)).await.unwrap();
    assert_eq!(answer.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn a_new_payment_supersedes_the_one_before() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let (old, old_code) = issued(&world, &pombo).await;
    let new = pombo.try_issue(pay("99")).await.unwrap();
    assert!(new.message_sent && !new.reused && new.challenge_id != old);
    assert_eq!(pombo.get(&old).await.state(), proto::ChallengeState::Superseded);
    let late = pombo.try_verify(approve(&old, &old_code, payment("10.50"))).await.unwrap();
    assert_eq!(late.outcome(), VerifyOutcome::Superseded);
    let code = world.simulator.inbox().wait_for(NUMBER, 2).await.remove(1).code;
    if code != old_code {
        let crossed =
            pombo.try_verify(approve(&new.challenge_id, &old_code, payment("99"))).await.unwrap();
        assert_eq!(crossed.outcome(), VerifyOutcome::WrongCode);
    }
    let answer = pombo.try_verify(approve(&new.challenge_id, &code, payment("99"))).await.unwrap();
    assert_eq!(answer.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn where_a_message_cannot_show_the_payment_the_app_is_told_to() {
    let pombo =
        world(&[("PURPOSE__TRANSACTION__PLAN", "[\"sms\", \"whatsapp\"]")]).await.serve().await;
    let by = |channel: proto::Channel| IssueCodeRequest {
        requested_channel: channel.into(),
        subject_id: format!("{channel:?}"),
        ..pay("10.00")
    };
    for (channel, app_shows) in [
        (proto::Channel::Unspecified, true),
        (proto::Channel::Whatsapp, true),
        (proto::Channel::Sms, false),
    ] {
        let issued = pombo.try_issue(by(channel)).await.unwrap();
        assert_eq!(issued.app_must_show_transaction, app_shows, "{channel:?}");
    }
    assert!(!pombo.issue(super::NUMBER).await.app_must_show_transaction, "there is none to show");
    let again = IssueCodeRequest {
        requested_channel: proto::Channel::Sms.into(),
        subject_id: format!("{:?}", proto::Channel::Whatsapp),
        ..pay("10.00")
    };
    let again = pombo.try_issue(again).await.unwrap();
    assert!(
        again.reused && again.app_must_show_transaction,
        "the code that went by WhatsApp works"
    );
    let mut long = by(proto::Channel::Sms);
    long.subject_id = "long".into();
    long.transaction.as_mut().unwrap().payee = ["Cooperativa dos Produtores Rurais"; 4].join(" ");
    let issued = pombo.try_issue(long).await.unwrap();
    assert!(issued.app_must_show_transaction, "a text message would show the half of it");
}
