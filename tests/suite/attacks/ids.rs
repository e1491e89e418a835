//! Ids that are another caller's, or no id at all: guessed, cut, flipped, in other letters, of any size.

use pombo::grpc::proto::{self, ChallengeState, Purpose, VerifyOutcome};
use tonic::Code;

use super::{NO_WAITS, NOBODYS, Siege, outcome, session, siege::by};
use crate::support::{pombo::guess, world::number};

/// What every call that names a challenge is answered, in the order of the contract.
async fn every_call(siege: &Siege, at: usize, caller: &str, id: &str) -> [Code; 6] {
    let mut client = siege.client(at);
    let challenge_id = || id.to_owned();
    let resend = proto::ResendCodeRequest { challenge_id: challenge_id(), ..Default::default() };
    let cancel = proto::CancelChallengeRequest { challenge_id: challenge_id() };
    let get = proto::GetChallengeRequest { challenge_id: challenge_id() };
    let watch = proto::WatchChallengeRequest { challenge_id: challenge_id() };
    let report =
        proto::ReportOutcomeRequest { challenge_id: challenge_id(), outcome: 1, occur_time: None };
    let verified = client.verify_code(by(caller, guess(id, "000000"))).await;
    let known = verified.map(|told| {
        let told = told.into_inner();
        assert_eq!((told.attempts_remaining, &*told.recipient), (0, ""), "{id}");
        if told.outcome() == VerifyOutcome::UnknownChallenge { Code::NotFound } else { Code::Ok }
    });
    [
        known.unwrap_or_else(|status| status.code()),
        code(client.resend_code(by(caller, resend)).await),
        code(client.cancel_challenge(by(caller, cancel)).await),
        code(client.get_challenge(by(caller, get)).await),
        code(client.watch_challenge(by(caller, watch)).await),
        code(client.report_outcome(by(caller, report)).await),
    ]
}

fn code<T>(answer: Result<T, tonic::Status>) -> Code {
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

/// Each character of an id, another one.
fn flipped(id: &str) -> Vec<String> {
    let other = |letter: char| if letter == 'z' { 'y' } else { 'z' };
    let flip = |at: usize| {
        let letters =
            id.char_indices().map(|(n, letter)| if n == at { other(letter) } else { letter });
        letters.collect()
    };
    (3..id.len()).map(flip).collect()
}

/// What is no id, however like one it looks.
fn malformed(id: &str) -> Vec<String> {
    let digits = &id[3..];
    let mut odd: Vec<String> = (0..id.len()).map(|length| id[..length].to_owned()).collect();
    odd.extend([
        id.to_uppercase(),
        format!("CH_{digits}"),
        format!("{id}0"),
        format!("{id} "),
        format!(" {id}"),
        format!("{id}\0"),
        format!("{id}.1"),
        format!("ch_{}", "\u{ff10}".repeat(52)),
        format!("ch_{}", "\u{43e}".repeat(26)),
        // Base32 has other spellings of some digits; an id has one.
        format!("ch_{}", "o".repeat(52)),
        format!("ch_{}", "l".repeat(52)),
        format!("ch_{}z", &digits[..51]),
        format!("ch_{}", "%30".repeat(17)),
        format!("ch_{}*", &digits[..51]),
        "../../record".to_owned(),
        "pombo:{17}:record:*".to_owned(),
        id.repeat(1000),
    ]);
    odd
}

#[tokio::test(flavor = "multi_thread")]
async fn another_callers_challenge_is_nobodys_in_every_call_and_every_state() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let ask = || session(&to, Purpose::Login, "anna");
    let id = siege.issue(0, "bank", ask()).await.unwrap().challenge_id;
    let code = siege.code(&to, 1).await;
    let before = siege.hashes().await;
    let mut tried = 0;
    let mut try_all = async || {
        for caller in ["shop", "gym"] {
            for at in 0..2 {
                assert_eq!(every_call(&siege, at, caller, &id).await, [Code::NotFound; 6]);
                let stolen = siege.verify(at, caller, guess(&id, &code)).await;
                assert_eq!(outcome(stolen), VerifyOutcome::UnknownChallenge);
                tried += 7;
            }
        }
    };
    try_all().await;
    assert_eq!(siege.get("bank", &id).await.attempts_remaining, 5);
    let told = siege.verify(1, "bank", guess(&id, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
    try_all().await;
    assert_eq!(siege.hashes().await, before + 1.0, "only the owner's guess was compared");
    println!("{tried} calls at another caller's challenge, pending and verified: not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_id_leads_nowhere_and_to_nobodys_record() {
    let siege = Siege::new(&[NO_WAITS]).await;
    let to = number(1, "00");
    let issued = siege.issue(0, "bank", session(&to, Purpose::Login, "anna")).await.unwrap();
    let id = issued.challenge_id;
    let (mut nobodys, mut refused) = (flipped(&id), malformed(&id));
    nobodys.push(NOBODYS.to_owned());
    // The last digit stands for one bit, so what is flipped there may be no id at all.
    let last = nobodys.remove(51);
    refused.push(last);
    let before = siege.hashes().await;
    for (n, id) in nobodys.iter().enumerate() {
        assert_eq!(every_call(&siege, n, "bank", id).await, [Code::NotFound; 6], "{id}");
    }
    assert_eq!(every_call(&siege, 0, "bank", &"0".repeat(100_000)).await, [Code::OutOfRange; 6]);
    for (n, id) in refused.iter().enumerate() {
        let told = every_call(&siege, n, "bank", id).await;
        assert_eq!(told, [Code::InvalidArgument; 6], "{:?}", id.get(..80));
    }
    let seen = siege.get("bank", &id).await;
    assert_eq!((seen.state(), seen.attempts_remaining), (ChallengeState::Pending, 5));
    assert_eq!(siege.hashes().await, before);
    println!("{} ids of nobody, {} that are none: six calls each", nobodys.len(), refused.len());
}
