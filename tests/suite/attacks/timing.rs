//! Whether the time of an answer tells more than the answer: ids of nobody, of another caller, and of
//! what is over take alike.

use std::time::{Duration, Instant};

use pombo::grpc::proto::{Purpose, VerifyOutcome};

use super::{NO_WAITS, NOBODYS, Siege, outcome, session};
use crate::support::{long, pombo::guess, world::number};

/// How far the medians may lie apart, on a machine that does other things, too. A hash of `owasp` is
/// twenty times a look at the store.
const ALIKE: f64 = 3.0;

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_foreign_and_concluded_ids_take_alike() {
    let siege = Siege::new(&[NO_WAITS, ("CODE__HASH", "owasp")]).await;
    let issue = async |caller: &str, index: u32| {
        let to = number(index, "00");
        let ask = session(&to, Purpose::Login, &format!("session {index}"));
        let issued = siege.issue(0, caller, ask).await.unwrap();
        (issued.challenge_id, siege.code(&to, 1).await)
    };
    let (foreign, _) = issue("shop", 1).await;
    let (concluded, code) = issue("bank", 2).await;
    let told = siege.verify(0, "bank", guess(&concluded, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
    let (cancelled, _) = issue("bank", 3).await;
    siege.cancel("bank", &cancelled).await;
    let kinds = [
        ("unknown", NOBODYS, VerifyOutcome::UnknownChallenge),
        ("foreign", &foreign, VerifyOutcome::UnknownChallenge),
        ("verified", &concluded, VerifyOutcome::AlreadyUsed),
        ("cancelled", &cancelled, VerifyOutcome::Cancelled),
    ];
    let mut took = kinds.map(|_| Vec::new());
    // One after the other, so that whatever else the machine does falls on all alike.
    for _ in 0..if long() { 2000 } else { 300 } {
        for ((_, id, expected), took) in kinds.iter().zip(&mut took) {
            let start = Instant::now();
            let told = siege.verify(0, "bank", guess(id, "000000")).await;
            took.push(start.elapsed());
            assert_eq!(outcome(told), *expected);
        }
    }
    let mut compared = Vec::new();
    for index in 10..20 {
        let (id, _) = issue("bank", index).await;
        let start = Instant::now();
        outcome(siege.verify(0, "bank", guess(&id, "000000")).await);
        compared.push(start.elapsed());
    }
    let medians = took.map(median);
    let named: Vec<_> = kinds.iter().map(|(name, ..)| *name).zip(medians).collect();
    println!("medians: {named:?}; one that is compared: {:?}", median(compared));
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(most.as_secs_f64() / least.as_secs_f64() < ALIKE, "{named:?}");
}
