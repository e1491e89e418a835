//! A call that is repeated with its idempotency key is the same call.

use pombo::{
    grpc::proto::{
        self, IssueCodeRequest, Purpose, ResendCodeRequest, VerifyCodeRequest, VerifyOutcome,
    },
    simulator::Channel,
};

use super::{NUMBER, bad_fields, payment, world};
use crate::support::pombo::{guess, login, wrong};

#[tokio::test]
async fn an_issue_is_repeated_without_another_message() {
    let world = world(&[("RESEND__WAITS", "[\"1ms\", \"1ms\"]")]).await;
    let pombo = world.serve().await;
    let pay = |amount: &str| IssueCodeRequest {
        purpose: Purpose::Transaction.into(),
        transaction: Some(payment(amount)),
        client_ip: "2001:db8::1".to_owned(),
        idempotency_key: "order 7".to_owned(),
        ..login(NUMBER)
    };
    let first = pombo.try_issue(pay("10.50")).await.unwrap();
    assert!(first.message_sent);
    let spelled = IssueCodeRequest { client_ip: "2001:DB8:0::1".to_owned(), ..pay("10.5") };
    for request in [pay("10.50"), spelled] {
        assert_eq!(pombo.try_issue(request).await.unwrap(), first);
    }
    let others = [
        pay("10.51"),
        IssueCodeRequest { subject_id: "s".into(), ..pay("10.50") },
        IssueCodeRequest { client_ip: String::new(), ..pay("10.50") },
        IssueCodeRequest { language_code: "en".into(), ..pay("10.50") },
        IssueCodeRequest { requested_channel: 2, ..pay("10.50") },
        IssueCodeRequest { idempotency_key: "order 7".into(), ..login(NUMBER) },
    ];
    for other in others {
        assert_eq!(bad_fields(&pombo.try_issue(other).await.unwrap_err()), ["idempotency_key"]);
    }
    // A key is one recipient's: with another number it is another call.
    let elsewhere = IssueCodeRequest { recipient: "+5511987654400".into(), ..pay("10.50") };
    assert_ne!(pombo.try_issue(elsewhere).await.unwrap().challenge_id, first.challenge_id);
    world.simulator.inbox().wait_for(NUMBER, 1).await;
    assert_eq!(world.simulator.requests(NUMBER, Channel::WhatsApp), 1);
}

#[tokio::test]
async fn a_resend_is_repeated_without_another_message() {
    let world = world(&[("RESEND__WAITS", "[\"1ms\", \"1ms\", \"1ms\"]")]).await;
    let pombo = world.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let resend = ResendCodeRequest {
        challenge_id,
        idempotency_key: "click".to_owned(),
        requested_channel: proto::Channel::Sms.into(),
    };
    let mut client = pombo.client().await;
    let first = client.resend_code(resend.clone()).await.unwrap().into_inner();
    assert_eq!(client.resend_code(resend.clone()).await.unwrap().into_inner(), first);
    let other = ResendCodeRequest { requested_channel: 0, ..resend };
    assert_eq!(bad_fields(&client.resend_code(other).await.unwrap_err()), ["idempotency_key"]);
    world.simulator.inbox().wait_for(NUMBER, 2).await;
    assert_eq!(world.simulator.requests(NUMBER, Channel::Sms), 1);
}

#[tokio::test]
async fn a_guess_is_repeated_and_counts_once() {
    let world = world(&[]).await;
    let pombo = world.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    let with_key = |key: &str, code: &str| VerifyCodeRequest {
        idempotency_key: key.to_owned(),
        ..guess(&challenge_id, code)
    };
    let miss = wrong(&[&code]);
    for replayed in [false, true, true] {
        let answer = pombo.try_verify(with_key("a", &miss)).await.unwrap();
        assert_eq!((answer.outcome(), answer.attempts_remaining), (VerifyOutcome::WrongCode, 4));
        assert_eq!(answer.replayed, replayed);
    }
    let bound = VerifyCodeRequest { purpose: Purpose::Login.into(), ..with_key("a", &miss) };
    for other in [with_key("a", &code), bound] {
        assert_eq!(bad_fields(&pombo.try_verify(other).await.unwrap_err()), ["idempotency_key"]);
    }
    assert_eq!(pombo.get(&challenge_id).await.attempts_remaining, 4);
    for (replayed, recipient) in [(false, NUMBER), (true, "")] {
        let answer = pombo.try_verify(with_key("b", &code)).await.unwrap();
        assert_eq!((answer.outcome(), answer.replayed), (VerifyOutcome::Verified, replayed));
        assert_eq!(answer.recipient, recipient);
    }
    assert_eq!(
        bad_fields(&pombo.try_verify(with_key("b", &miss)).await.unwrap_err()),
        ["idempotency_key"]
    );
    assert_eq!(
        pombo.try_verify(with_key("c", &code)).await.unwrap().outcome(),
        VerifyOutcome::AlreadyUsed
    );
}
