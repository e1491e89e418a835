//! Thousands of guesses at what can't be verified: none is hashed.

use std::time::Instant;

use pombo::grpc::proto::{Purpose, VerifyOutcome};

use super::{ANY_ODDS, NO_WAITS, NOBODYS, Siege, faces, outcome, session, tally, wrong_codes};
use crate::support::{long, pombo::guess, world::number};

/// Guesses over all, and at once.
const FLOOD: usize = 5000;
const AT_ONCE: usize = 500;

/// Ids of every kind at which nothing is to be won.
async fn lost_causes(siege: &Siege) -> Vec<String> {
    let issue = async |index: u32, caller: &str, purpose: Purpose| {
        let to = number(index, "00");
        let issued = siege.issue(0, caller, session(&to, purpose, "anna")).await.unwrap();
        (issued.challenge_id, siege.code(&to, 1).await)
    };
    let (expired, _) = issue(1, "bank", Purpose::Recovery).await;
    let (verified, code) = issue(2, "bank", Purpose::Login).await;
    outcome(siege.verify(0, "bank", guess(&verified, &code)).await);
    let (cancelled, _) = issue(3, "bank", Purpose::Login).await;
    siege.cancel("bank", &cancelled).await;
    let (foreign, _) = issue(4, "shop", Purpose::Login).await;
    // Four in a row lock: of the second challenge, after three of the first, one is left.
    let mut locked = String::new();
    for n in [3, 1] {
        let to = number(5, "00");
        let ask = session(&to, Purpose::Login, "anna");
        locked = siege.issue(0, "bank", ask).await.unwrap().challenge_id;
        siege.code_of(&to, &locked).await;
        let wrong = wrong_codes(&siege.codes(&to), n);
        siege.verify_all("bank", faces(&locked, &wrong)).await;
        if n == 3 {
            siege.cancel("bank", &locked).await;
        }
    }
    let over = async || outcome(siege.verify(1, "bank", guess(&expired, "000000")).await);
    while over().await != VerifyOutcome::Expired {
        tokio::task::yield_now().await;
    }
    vec![NOBODYS.to_owned(), expired, verified, cancelled, foreign, locked]
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_guesses_at_lost_causes_cost_no_hash() {
    let brief = ("PURPOSE__RECOVERY__TTL", "100ms");
    let row = ("LIMITS__FAILURES_IN_A_ROW", "4");
    let balanced = ("CODE__HASH", "balanced");
    let siege = Siege::new(&[NO_WAITS, ANY_ODDS, brief, row, balanced]).await;
    let ids = lost_causes(&siege).await;
    let flood = FLOOD * if long() { 10 } else { 1 };
    let (before, start, mut all) = (siege.hashes().await, Instant::now(), Vec::new());
    for part in 0..flood / AT_ONCE {
        let guesses = (0..AT_ONCE).map(|n| {
            let code = format!("{:06}", part * AT_ONCE + n);
            faces(&ids[n % ids.len()], &[code]).remove(0)
        });
        all.extend(siege.verify_all("bank", guesses.collect()).await);
    }
    let hashed = siege.hashes().await - before;
    println!("{flood} in {:?}: {:?}, {hashed} hashed", start.elapsed(), tally(&all));
    assert_eq!(hashed, 0.0);
    let told = tally(&all);
    for outcome in ["UnknownChallenge", "Expired", "AlreadyUsed", "Cancelled", "Locked"] {
        assert!(told[outcome] >= flood / 10, "{outcome}: {told:?}");
    }
    assert_eq!(told.values().sum::<usize>(), flood);
    assert!(!told.contains_key("Verified") && !told.contains_key("WrongCode"));
}
