//! Whose failures are whose: a ledger for each caller, purpose and subject at one number, and one limit
//! of messages over all of them.

use pombo::grpc::proto::{IssueCodeRequest, Purpose, VerifyCodeRequest, VerifyOutcome};

use super::{
    ANY_ODDS, MANY_MESSAGES, NO_WAITS, Siege, count, faces, outcome, reason, session,
    siege::CALLERS, tally, wrong_codes,
};
use crate::support::{pombo::guess, world::number};

/// Three wrong guesses lock a flow.
const THREE: (&str, &str) = ("LIMITS__FAILURES_IN_A_ROW", "3");

/// Near `bank`, login, `anna`, and each another flow: names that run into each other, or look alike.
const NEIGHBOURS: [(&str, Purpose, &str); 12] = [
    ("shop", Purpose::Login, "anna"),
    ("gym", Purpose::Login, "anna"),
    ("bank", Purpose::Signup, "anna"),
    ("bank", Purpose::Recovery, "anna"),
    ("bank", Purpose::PhoneChange, "anna"),
    ("bank", Purpose::DeviceRegistration, "anna"),
    ("bank", Purpose::Login, ""),
    ("bank", Purpose::Login, "ann"),
    ("bank", Purpose::Login, "Anna"),
    ("bank", Purpose::Login, "anna "),
    ("bank", Purpose::Login, "\u{430}nna"),
    ("bank", Purpose::Login, "anna/bank"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_flow_locks_no_other_and_no_other_number() {
    let siege = Siege::new(&[NO_WAITS, MANY_MESSAGES, ANY_ODDS, THREE]).await;
    let (to, other) = (number(1, "00"), number(2, "00"));
    let anna = || session(&to, Purpose::Login, "anna");
    let locked = siege.issue(0, "bank", anna()).await.unwrap().challenge_id;
    siege.code(&to, 1).await;
    let wrong = wrong_codes(&siege.codes(&to), 90);
    let answers = siege.verify_all("bank", faces(&locked, &wrong)).await;
    println!("90 guesses at one flow: {:?}", tally(&answers));
    assert_eq!(count(&answers, VerifyOutcome::WrongCode), 3);
    assert_eq!(count(&answers, VerifyOutcome::Locked), 87);

    for (n, (caller, purpose, subject)) in NEIGHBOURS.into_iter().enumerate() {
        let issued = siege.issue(n, caller, session(&to, purpose, subject)).await.unwrap();
        assert_eq!(issued.attempts_remaining, 3, "{caller} {purpose:?} {subject:?}");
        siege.code(&to, n + 2).await;
        let wrong = wrong_codes(&siege.codes(&to), 1).remove(0);
        let told = siege.verify(n + 1, caller, guess(&issued.challenge_id, &wrong)).await.unwrap();
        assert_eq!((told.outcome(), told.attempts_remaining), (VerifyOutcome::WrongCode, 2));
        for at in 0..2 {
            let refused = siege.issue(at, "bank", anna()).await.unwrap_err();
            assert_eq!(reason(&refused), "LOCKED");
        }
    }
    let issued = siege.issue(1, "bank", session(&other, Purpose::Login, "anna")).await.unwrap();
    assert_eq!(issued.attempts_remaining, 3, "another number is another ledger");
    let code = siege.code(&other, 1).await;
    let told = siege.verify(0, "bank", guess(&issued.challenge_id, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
    println!("{} flows beside it are as they were", NEIGHBOURS.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_flows_of_a_number_share_its_messages_and_no_other_number_does() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let calls = (0..60).map(|n: usize| {
        let purpose = [Purpose::Login, Purpose::DeviceRegistration][n % 2];
        (CALLERS[n % 3], session(&to, purpose, &format!("subject {n}")))
    });
    let answers = siege.issue_all(calls).await;
    let issued = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    assert!(refused.map(reason).all(|reason| reason == "RECIPIENT_LIMIT"));
    println!("60 flows of three callers ask at once over two replicas: {issued} messages");
    assert_eq!(issued, 5);
    assert_eq!(siege.world.simulator.inbox().wait_for(&to, 5).await.len(), 5);
    siege.issue(0, "bank", session(&number(2, "00"), Purpose::Login, "anna")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_for_a_call_names_nothing_of_another_callers() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let named = |key: &str| {
        let request = session(&to, Purpose::Login, "anna");
        IssueCodeRequest { idempotency_key: key.to_owned(), ..request }
    };
    let bank = siege.issue(0, "bank", named("k")).await.unwrap().challenge_id;
    let shop = siege.issue(1, "shop", named("k")).await.unwrap().challenge_id;
    assert_ne!(bank, shop);
    let (code, shops_code) = (siege.code(&to, 1).await, siege.code(&to, 2).await);
    let by_name = |id: &str, code: &str| {
        let key = "k".to_owned();
        VerifyCodeRequest { idempotency_key: key, ..guess(id, code) }
    };
    let told = siege.verify(1, "bank", by_name(&bank, &code)).await.unwrap();
    assert_eq!((told.outcome(), told.replayed), (VerifyOutcome::Verified, false));
    let foreign = siege.verify(0, "shop", by_name(&bank, &code)).await.unwrap();
    assert_eq!((foreign.outcome(), foreign.replayed), (VerifyOutcome::UnknownChallenge, false));
    let told = siege.verify(0, "shop", by_name(&shop, &shops_code)).await.unwrap();
    assert_eq!((told.outcome(), told.replayed), (VerifyOutcome::Verified, false));
}
