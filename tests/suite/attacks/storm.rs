//! A stranger keeps somebody's record busy while its owner logs in: calls without end for that number,
//! which wait for each other and write to the same record.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use pombo::grpc::proto::{IssueCodeRequest, Purpose, VerifyOutcome};

use super::{Siege, outcome, reason, session};
use crate::support::{long, pombo::guess, world::number};

/// Callers of the stranger's at once: more than may wait for one number's messages.
const STORM: usize = 320;

/// How long the owner may have to wait for each answer.
const SOON: Duration = Duration::from_secs(10);

/// Asks without end for what this makes, by turns over both replicas; how often it asked.
fn storm(
    siege: &Arc<Siege>,
    is_over: &Arc<AtomicBool>,
    ask: impl Fn(usize) -> IssueCodeRequest + Send + Sync + 'static,
) -> Arc<AtomicUsize> {
    let (asked, ask) = (Arc::new(AtomicUsize::new(0)), Arc::new(ask));
    for _ in 0..STORM {
        let (siege, is_over, asked, ask) =
            (Arc::clone(siege), Arc::clone(is_over), Arc::clone(&asked), Arc::clone(&ask));
        tokio::spawn(async move {
            while !is_over.load(Relaxed) {
                let n = asked.fetch_add(1, Relaxed);
                // Refused or not, it goes on.
                let _ = siege.issue(n, ["shop", "gym"][n / 2 % 2], ask(n)).await;
            }
        });
    }
    asked
}

/// The owner's login, tried again as often as it is told that there is too much to do. How often, and
/// how long the slowest answer took.
async fn owner_logs_in(siege: &Siege, to: &str) -> (u32, Duration) {
    let (mut tries, mut slowest) = (0, Duration::ZERO);
    let id = loop {
        tries += 1;
        let start = Instant::now();
        let request = session(to, Purpose::Login, &format!("owner {tries}"));
        let answer = siege.issue(tries as usize, "bank", request).await;
        slowest = slowest.max(start.elapsed());
        match answer {
            Ok(issued) => break issued.challenge_id,
            Err(status) => {
                assert_eq!(reason(&status), "OVERLOADED", "{status:?}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        assert!(tries < 20, "the owner is kept out");
    };
    let code = siege.code_of(to, &id).await;
    let start = Instant::now();
    let told = siege.verify(0, "bank", guess(&id, &code)).await;
    assert_eq!(outcome(told), VerifyOutcome::Verified);
    (tries, slowest.max(start.elapsed()))
}

async fn the_owner_gets_in_amid(
    what: &str,
    ask: impl Fn(&str, usize) -> IssueCodeRequest + Clone + Send + Sync + 'static,
) {
    let siege = Arc::new(Siege::new(&[("CODE__HASH", "owasp")]).await);
    let mut told = Vec::new();
    for round in 0..if long() { 20 } else { 3 } {
        let to = number(round, "00");
        let is_over = Arc::new(AtomicBool::new(false));
        let (stranger, ask) = (to.clone(), ask.clone());
        let asked = storm(&siege, &is_over, move |n| ask(&stranger, n));
        while asked.load(Relaxed) < STORM {
            tokio::task::yield_now().await;
        }
        let (tries, slowest) = owner_logs_in(&siege, &to).await;
        is_over.store(true, Relaxed);
        told.push((tries, slowest, asked.load(Relaxed)));
    }
    println!(
        "{what} by {STORM} at once; the owner's tries, slowest answer, calls meanwhile: {told:?}"
    );
    assert!(told.iter().all(|(_, slowest, _)| *slowest < SOON), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_in_amid_a_storm_of_signups_for_their_number() {
    the_owner_gets_in_amid("signups of ever other subjects", |to, n| {
        session(to, Purpose::Signup, &format!("stranger {n}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_in_amid_a_storm_of_calls_that_write_to_their_record() {
    the_owner_gets_in_amid("named calls for one signup", |to, n| IssueCodeRequest {
        idempotency_key: format!("again {n}"),
        ..session(to, Purpose::Signup, "stranger")
    })
    .await;
}
