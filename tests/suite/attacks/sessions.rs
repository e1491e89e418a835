//! Somebody offers another person's challenge and code in a session of their own. Whoever binds codes to
//! sessions (`subject_id`, `purpose`) is told that there is no such challenge, and the owner loses nothing.

use pombo::grpc::proto::{Purpose, VerifyCodeRequest, VerifyOutcome};

use super::{NO_WAITS, Siege, count, outcome, session, tally};
use crate::support::{pombo::guess, world::number};

/// Subjects that are not `anna`.
const SUBJECTS: [&str; 12] = [
    "thief",
    "Anna",
    "ANNA",
    "ann",
    "anna ",
    " anna",
    "annaa",
    "\u{430}nna",
    "an\u{200b}na",
    "anna\u{301}",
    "*",
    "anna,thief",
];

const PURPOSES: [Purpose; 5] = [
    Purpose::Signup,
    Purpose::Recovery,
    Purpose::Transaction,
    Purpose::PhoneChange,
    Purpose::DeviceRegistration,
];

/// The owner's own guess, in all the sessions that are not the owner's.
fn stolen(own: &VerifyCodeRequest) -> Vec<VerifyCodeRequest> {
    let subjects = SUBJECTS.map(|subject| (subject, Purpose::Unspecified));
    let purposes = PURPOSES.map(|purpose| ("", purpose));
    let both = PURPOSES.map(|purpose| ("anna", purpose));
    let wrong = subjects.into_iter().chain(purposes).chain(both);
    let wrong = wrong.chain(SUBJECTS.map(|subject| (subject, Purpose::Login)));
    let wrong = wrong.map(|(subject, purpose)| VerifyCodeRequest {
        subject_id: subject.to_owned(),
        purpose: purpose.into(),
        ..own.clone()
    });
    // With no name for the call, with the owner's, and with another.
    let keys = ["", "owner", "thief"];
    let named = wrong.flat_map(|guess| {
        keys.map(|key| VerifyCodeRequest { idempotency_key: key.to_owned(), ..guess.clone() })
    });
    named.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_challenge_and_code_open_no_bound_session_before_or_after() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let issued = siege.issue(0, "bank", session(&to, Purpose::Login, "anna")).await.unwrap();
    let (id, code) = (issued.challenge_id, siege.code(&to, 1).await);
    let own = VerifyCodeRequest {
        subject_id: "anna".to_owned(),
        purpose: Purpose::Login.into(),
        idempotency_key: "owner".to_owned(),
        ..guess(&id, &code)
    };
    let stolen = stolen(&own);
    let before = siege.hashes().await;
    let pending = siege.verify_all("bank", stolen.clone()).await;
    assert_eq!(count(&pending, VerifyOutcome::UnknownChallenge), stolen.len());
    assert_eq!(siege.get("bank", &id).await.attempts_remaining, 5, "no attempt was used");
    assert_eq!(siege.hashes().await, before, "nothing was compared");

    let told = siege.verify(1, "bank", own.clone()).await.unwrap();
    assert_eq!((told.outcome(), &*told.subject_id), (VerifyOutcome::Verified, "anna"));
    let verified = siege.verify_all("bank", stolen.clone()).await;
    println!(
        "{} stolen while it was pending: {:?}; once it was verified: {:?}",
        stolen.len(),
        tally(&pending),
        tally(&verified)
    );
    assert_eq!(count(&verified, VerifyOutcome::UnknownChallenge), stolen.len());
    let again = siege.verify(0, "bank", own).await.unwrap();
    assert_eq!((again.outcome(), again.replayed), (VerifyOutcome::Verified, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_nobodys_session_opens_nobodys() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let issued = siege.issue(0, "bank", session(&to, Purpose::Login, "")).await.unwrap();
    let (id, code) = (issued.challenge_id, siege.code(&to, 1).await);
    for at in 0..2 {
        let bound = VerifyCodeRequest { subject_id: "thief".to_owned(), ..guess(&id, &code) };
        let told = siege.verify(at, "bank", bound).await;
        assert_eq!(outcome(told), VerifyOutcome::UnknownChallenge);
    }
    assert_eq!(siege.get("bank", &id).await.attempts_remaining, 5);
}
