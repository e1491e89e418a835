//! What one person has to wait for, and what a stranger can't make them wait for.

use pombo::grpc::proto::{self, IssueCodeRequest, Purpose, VerifyOutcome};

use super::{
    NUMBER,
    limits::{ANY_ODDS, NO_WAITS, stopped, subject},
    reason, wait_out, world,
};
use crate::support::pombo::{login, wrong};

#[tokio::test]
async fn another_message_has_to_wait_its_turn() {
    let pombo = world(&[("RESEND__WAITS", "[\"1500ms\", \"1500ms\"]")]).await.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let mut client = pombo.client().await;
    let resend =
        proto::ResendCodeRequest { challenge_id: challenge_id.clone(), ..Default::default() };
    let status = client.resend_code(resend.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "RESEND_WAIT");
    wait_out(&status).await;
    client.resend_code(resend).await.unwrap();
    // The wait outlives a cancelled challenge.
    client.cancel_challenge(proto::CancelChallengeRequest { challenge_id }).await.unwrap();
    wait_out(&stopped(&pombo, login(NUMBER), "RESEND_WAIT").await).await;
    pombo.issue(NUMBER).await;
}

#[tokio::test]
async fn wrong_guesses_lock_guessing_and_sending_until_the_time_told() {
    let lock = [("LIMITS__FAILURES_IN_A_ROW", "2"), ("LIMITS__LOCK", "3s"), NO_WAITS];
    let world = world(&lock).await;
    let pombo = world.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let code = world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    for left in [1, 0] {
        let answer = pombo.verify(&challenge_id, &wrong(&[&code])).await;
        assert_eq!((answer.outcome(), answer.attempts_remaining), (VerifyOutcome::WrongCode, left));
    }
    let locked = pombo.verify(&challenge_id, &code).await;
    assert_eq!(locked.outcome(), VerifyOutcome::Locked);
    assert!(locked.unlock_time.is_some() && locked.recipient.is_empty());
    let resend =
        proto::ResendCodeRequest { challenge_id: challenge_id.clone(), ..Default::default() };
    let status = pombo.client().await.resend_code(resend).await.unwrap_err();
    assert_eq!(reason(&status), "LOCKED");
    wait_out(&stopped(&pombo, login(NUMBER), "LOCKED").await).await;
    assert_eq!(pombo.verify(&challenge_id, &code).await.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn of_several_limits_the_longest_wait_is_told() {
    let recipient = ("LIMITS__RECIPIENT", "[\"1/3s\"]");
    let pombo = world(&[("RESEND__WAITS", "[\"300ms\"]"), recipient, ANY_ODDS]).await.serve().await;
    let challenge_id = pombo.issue(NUMBER).await.challenge_id;
    let resend =
        proto::ResendCodeRequest { challenge_id: challenge_id.clone(), ..Default::default() };
    let status = pombo.client().await.resend_code(resend).await.unwrap_err();
    assert_eq!(reason(&status), "RECIPIENT_LIMIT");
    let cancel = proto::CancelChallengeRequest { challenge_id };
    pombo.client().await.cancel_challenge(cancel).await.unwrap();
    wait_out(&stopped(&pombo, login(NUMBER), "RECIPIENT_LIMIT").await).await;
    pombo.issue(NUMBER).await;
}

#[tokio::test]
async fn a_strangers_signups_leave_the_owners_login_working() {
    let world = world(&[NO_WAITS]).await;
    let pombo = world.serve().await;
    let mut sent = 0;
    for (n, purpose) in [Purpose::Signup, Purpose::Recovery, Purpose::PhoneChange]
        .into_iter()
        .cycle()
        .take(12)
        .enumerate()
    {
        let request =
            IssueCodeRequest { purpose: purpose.into(), ..subject(NUMBER, &n.to_string()) };
        match pombo.try_issue(request).await {
            Ok(_) => sent += 1,
            Err(status) => assert_eq!(reason(&status), "RECIPIENT_LIMIT"),
        }
    }
    assert_eq!(sent, 3, "half of five, rounded up");
    let issued = pombo.issue(NUMBER).await;
    let code = world.simulator.inbox().wait_for(NUMBER, 4).await.remove(3).code;
    assert_eq!(pombo.verify(&issued.challenge_id, &code).await.outcome(), VerifyOutcome::Verified);
}
