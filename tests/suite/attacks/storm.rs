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
use tonic::{Code, Status};

use super::{Siege, reason, session};
use crate::support::{long, pombo::guess, world::number};

/// How long the owner may have to wait for each answer.
const SOON: Duration = Duration::from_secs(10);

/// So many ask without end for what this makes, by turns over both replicas; how often they asked.
fn storm(
    siege: &Arc<Siege>,
    is_over: &Arc<AtomicBool>,
    size: usize,
    ask: impl Fn(usize) -> IssueCodeRequest + Send + Sync + 'static,
) -> Arc<AtomicUsize> {
    let (asked, ask) = (Arc::new(AtomicUsize::new(0)), Arc::new(ask));
    for _ in 0..size {
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

/// Calls again for as long as it is told to come back. How often, and how long that took in all.
async fn insist<T>(call: impl AsyncFn() -> Result<T, Status>) -> (T, u32, Duration) {
    let start = Instant::now();
    for tries in 1.. {
        match call().await {
            Ok(answer) => return (answer, tries, start.elapsed()),
            Err(status) => {
                let told = (status.code(), reason(&status));
                let is_busy = told.0 == Code::Unavailable || told.1 == "OVERLOADED";
                assert!(is_busy && tries < 20, "the owner is kept out: {status:?}");
            }
        }
    }
    unreachable!()
}

/// The owner logs in: tries and time of both calls.
async fn owner_logs_in(siege: &Siege, to: &str) -> [(u32, Duration); 2] {
    let login = async || siege.issue(1, "bank", session(to, Purpose::Login, to)).await;
    let (issued, tries, took) = insist(login).await;
    let code = siege.code_of(to, &issued.challenge_id).await;
    let offered = guess(&issued.challenge_id, &code);
    let verify = async || siege.verify(0, "bank", offered.clone()).await;
    let (told, more, and) = insist(verify).await;
    assert_eq!(told.outcome(), VerifyOutcome::Verified);
    [(tries, took), (more, and)]
}

/// Storms of these sizes, at a number each.
async fn the_owner_gets_in_amid(
    what: &str,
    ask: impl Fn(&str, usize) -> IssueCodeRequest + Clone + Send + Sync + 'static,
) {
    let siege = Arc::new(Siege::new(&[]).await);
    let mut slowest = Duration::ZERO;
    let sizes = [8, 32, 128, 320].repeat(if long() { 5 } else { 1 });
    for (round, size) in (0..).zip(sizes) {
        let to = number(round, "00");
        let is_over = Arc::new(AtomicBool::new(false));
        let (stranger, ask) = (to.clone(), ask.clone());
        let asked = storm(&siege, &is_over, size, move |n| ask(&stranger, n));
        while asked.load(Relaxed) < 2 * size {
            tokio::task::yield_now().await;
        }
        let calls = owner_logs_in(&siege, &to).await;
        is_over.store(true, Relaxed);
        let (sent, counted) = (siege.codes(&to).len(), siege.record(&to).await.messages.0.len());
        println!(
            "{size} at once, {what}: the owner's calls, with tries, took {calls:?}; {counted} messages counted, \
             {sent} sent"
        );
        assert!(sent <= counted, "a send that could not be written down was made again");
        slowest = slowest.max(calls[0].1).max(calls[1].1);
    }
    assert!(slowest < SOON, "{slowest:?}");
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
