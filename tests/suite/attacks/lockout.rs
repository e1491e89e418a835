//! A stranger who knows somebody's number wants to keep them out, and may ask for everything but a login:
//! the owner's login gets its message and verifies all the same.

use std::sync::Arc;

use pombo::grpc::proto::{
    self, DeliveryStatus, IssueCodeRequest, Purpose, VerifyCodeRequest, VerifyOutcome,
};
use tonic::Code;

use super::{
    ANY_ODDS, NO_WAITS, Siege, count, faces, outcome, reason, session, siege::by, wrong_codes,
};
use crate::support::{
    all,
    pombo::guess,
    world::{SOON, number},
};

/// What a stranger may ask for: nobody has shown yet that the number is theirs.
const UNPROVEN: [Purpose; 3] = [Purpose::Signup, Purpose::Recovery, Purpose::PhoneChange];

/// The owner's subject.
fn owner(to: &str) -> String {
    format!("owner {to}")
}

/// The owner asks for a login, by another caller than most of the stranger's challenges.
async fn owner_asks(siege: &Siege, to: &str) -> String {
    let request = IssueCodeRequest {
        idempotency_key: "the owner's".to_owned(),
        ..session(to, Purpose::Login, &owner(to))
    };
    let issued = siege.issue(1, "bank", request).await;
    let issued = issued.unwrap_or_else(|status| panic!("the owner of {to} is out: {status:?}"));
    assert!(issued.message_sent && issued.attempts_remaining == 5, "{issued:?}");
    issued.challenge_id
}

async fn owner_gets_in(siege: &Siege, to: &str, id: &str) {
    let code = siege.code_of(to, id).await;
    let told = siege.verify(0, "bank", guess(id, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified, "{to}");
}

/// Challenges of every unproven purpose, by two callers, sometimes as the owner's own subject, until none
/// is granted.
async fn take_all(siege: &Siege, to: &str, by: proto::Channel) -> Vec<(&'static str, String)> {
    let mut taken = Vec::new();
    for n in 0..24 {
        let caller = ["shop", "bank"][n % 2];
        let stranger = format!("stranger {n}");
        let subject = if n % 4 == 3 { owner(to) } else { stranger };
        let mut request = session(to, UNPROVEN[n % 3], &subject);
        request.set_requested_channel(by);
        match siege.issue(n, caller, request).await {
            Ok(issued) => taken.push((caller, issued.challenge_id)),
            Err(status) => assert!(reason(&status).ends_with("T"), "a limit, a wait: {status:?}"),
        }
    }
    taken
}

/// Waits until no fallback of these is to come any more.
async fn settled(siege: &Siege, taken: &[(&str, String)]) {
    for (caller, id) in taken {
        let is_open = |challenge: proto::Challenge| {
            let last = challenge.deliveries.last().unwrap().status();
            challenge.conclude_time.is_none() && last < DeliveryStatus::TimedOut
        };
        while is_open(siege.get(caller, id).await) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signups_recoveries_and_phone_changes_leave_room_for_a_login() {
    let siege = Arc::new(Siege::new(&[SOON, ANY_ODDS]).await);
    let channels = [proto::Channel::Unspecified, proto::Channel::Whatsapp, proto::Channel::Sms];
    // All is well; not on WhatsApp, told at once, or later; off; receipts lost.
    let phones = ["00", "01", "02", "03", "06"].into_iter().zip(0..);
    let attacks = phones.flat_map(|(digits, n)| channels.map(|channel| (digits, n, channel)));
    let attacks = attacks.map(|(digits, n, channel)| {
        let siege = Arc::clone(&siege);
        async move {
            let to = number(n * 10 + channel as u32, digits);
            let taken = take_all(&siege, &to, channel).await;
            settled(&siege, &taken).await;
            let messages = siege.record(&to).await.messages.0.len();
            let id = owner_asks(&siege, &to).await;
            owner_gets_in(&siege, &to, &id).await;
            (digits, channel, taken.len(), messages)
        }
    });
    for (digits, channel, challenges, messages) in all(attacks.collect::<Vec<_>>()).await {
        println!("{digits} {channel:?}: {challenges} challenges, {messages} messages; owner in");
        assert_eq!(messages, 3, "what is unproven takes half, and no more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_guesses_and_whatever_is_done_to_an_id_do_not_hold_up_its_owner() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    // The stranger's own flows are exhausted and locked, one of them under the owner's subject.
    for subject in [owner(&to), "stranger".to_owned()] {
        let own = siege.issue(0, "shop", session(&to, Purpose::Recovery, &subject)).await.unwrap();
        siege.code_of(&to, &own.challenge_id).await;
        let wrong = wrong_codes(&siege.codes(&to), 40);
        let answers = siege.verify_all("shop", faces(&own.challenge_id, &wrong)).await;
        assert_eq!(count(&answers, VerifyOutcome::WrongCode), 5);
    }
    let id = owner_asks(&siege, &to).await;
    let code = siege.code_of(&to, &id).await;
    let looks = async || (siege.get("bank", &id).await.attempts_remaining, siege.hashes().await);
    let before = looks().await;
    let wrong = wrong_codes(std::slice::from_ref(&code), 100);
    // By another caller, right code or wrong; by the owner's caller, for another session.
    let mut foreign = faces(&id, &wrong);
    foreign.push(VerifyCodeRequest { idempotency_key: "the owner's".into(), ..guess(&id, &code) });
    let answers = siege.verify_all("shop", foreign.clone()).await;
    assert_eq!(count(&answers, VerifyOutcome::UnknownChallenge), 101);
    let bound = foreign.into_iter();
    let bound = bound.map(|it| VerifyCodeRequest { subject_id: "stranger".into(), ..it });
    let answers = siege.verify_all("bank", bound.collect()).await;
    assert_eq!(count(&answers, VerifyOutcome::UnknownChallenge), 101);
    for at in 0..2 {
        let refused = siege.resend(at, "shop", &id).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        let cancel = proto::CancelChallengeRequest { challenge_id: id.clone() };
        let refused = siege.client(at).cancel_challenge(by("gym", cancel)).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    assert_eq!(looks().await, before);
    println!("202 foreign guesses, 2 resends and 2 ends at the owner's challenge: it is as it was");
    owner_gets_in(&siege, &to, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_kept_for_a_strangers_retries_push_out_none_of_the_owners() {
    let siege = Siege::new(&[]).await;
    let to = number(1, "00");
    let strangers = session(&to, Purpose::Signup, "stranger");
    siege.issue(0, "shop", strangers.clone()).await.unwrap();
    let id = owner_asks(&siege, &to).await;
    // More than are kept; few enough at once that each is answered.
    for part in 0..30 {
        let asked = (0..10).map(|n| {
            let idempotency_key = format!("again {part} {n}");
            ("shop", IssueCodeRequest { idempotency_key, ..strangers.clone() })
        });
        let answers = siege.issue_all(asked.collect::<Vec<_>>()).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|it| !it.message_sent)));
    }
    let kept = siege.record(&to).await.operations.len();
    println!("300 named calls of a stranger that send nothing: {kept} answers are kept");
    assert_eq!(kept, 256);
    assert_eq!(owner_asks(&siege, &to).await, id, "the owner's retry gets its first answer");
    owner_gets_in(&siege, &to, &id).await;
}
