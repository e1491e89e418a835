//! The master is killed and a replica takes its place, amid people who go their ways. What asynchronous
//! replication loses by that is counted; with `store.wait_replicas` none of it is a guess that was
//! answered.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::grpc::proto::{VerifyCodeRequest, VerifyOutcome};
use tonic::{Code, Status};

use super::{
    Ends, Funnel, GAP, House, RECOVERY, WAITS, count,
    flow::{keyed, verify},
    flows, until, world,
};
use crate::support::{all, long, pombo::PATIENCE, sentinel_group::SentinelGroup};

/// People who give their codes when the master dies.
const CROWD: u32 = 24;

/// It does once so many of them have been answered.
const FEW: usize = 6;

/// What one failover did.
#[derive(Debug, Default)]
struct Failover {
    /// From the kill to the new master, and from there to the first good answer.
    took: Duration,
    recovery: Duration,
    /// Answered before the kill, and not known after it.
    forgotten_challenges: usize,
    forgotten_verifications: usize,
    /// Verifications told twice, each to a call of its own.
    doubled: usize,
}

async fn right_guesses(house: &Arc<House>) -> Vec<VerifyCodeRequest> {
    let guesses = (0..CROWD).map(|index| {
        let house = Arc::clone(house);
        async move { house.right_guess(index).await }
    });
    all(guesses.collect::<Vec<_>>()).await
}

/// Those who were told that they are verified, of all that tried at once; the master dies after a few.
async fn verified(
    house: &Arc<House>,
    guesses: &[VerifyCodeRequest],
    kill: impl FnOnce(),
) -> BTreeSet<String> {
    let mark = *house.answered.borrow() + FEW;
    let calls = guesses.iter().cloned().map(|guess| {
        let house = Arc::clone(house);
        async move {
            let told = verify(&house, &keyed(guess.clone(), "first")).await.ok()?;
            let is_told = told.outcome() == VerifyOutcome::Verified;
            is_told.then_some(guess.challenge_id)
        }
    });
    let kill = async {
        house.answers(mark).await;
        kill();
    };
    let (told, ()) = tokio::join!(all(calls.collect::<Vec<_>>()), kill);
    told.into_iter().flatten().collect()
}

/// Asks until there is an answer again.
async fn recovers(house: &House, of: &VerifyCodeRequest) -> Duration {
    let start = Instant::now();
    let ask = async || house.get(&of.challenge_id).await;
    let is_answer =
        |told: &Result<_, _>| told.as_ref().map_or_else(is_not_found, |_challenge| true);
    let _ = until(RECOVERY, ask, is_answer).await;
    start.elapsed()
}

fn is_not_found(status: &Status) -> bool {
    status.code() == Code::NotFound
}

async fn fail_over(wait_replicas: &str) -> Failover {
    // With another replica, so that there is one to wait for when the first has become the master.
    let mut group = SentinelGroup::start(2, 3).await;
    let waits = ("STORE__WAIT_REPLICAS", wait_replicas);
    let house =
        Arc::new(House::new(world(&group.url(), &[waits, ("CODE__TTL", "5m")]).await).await);
    let guesses = right_guesses(&house).await;
    let mut killed = None;
    let master = &mut group.servers[0];
    let told = verified(&house, &guesses, || {
        master.kill();
        killed = Some(Instant::now());
    })
    .await;
    assert!(told.len() >= FEW, "{} were told", told.len());
    group.fails_over().await;
    let took = killed.unwrap().elapsed();
    let mut failover = Failover { took, ..Failover::default() };
    failover.recovery = recovers(&house, &guesses[0]).await;
    for guess in guesses {
        let again = keyed(guess.clone(), "second");
        let outcome = patiently(&house, &again).await;
        let was_told = told.contains(&guess.challenge_id);
        failover.forgotten_challenges += usize::from(outcome == VerifyOutcome::UnknownChallenge);
        failover.forgotten_verifications +=
            usize::from(was_told && outcome != VerifyOutcome::AlreadyUsed);
        failover.doubled += usize::from(was_told && outcome == VerifyOutcome::Verified);
    }
    failover
}

/// The outcome, asked for until there is one: until the new master, too, has a replica to wait for, which
/// is the sentinels' work.
async fn patiently(house: &House, guess: &VerifyCodeRequest) -> VerifyOutcome {
    let ask = async || verify(house, guess).await;
    until(PATIENCE, ask, Result::is_ok).await.unwrap().outcome()
}

async fn failovers(wait_replicas: &str) -> Vec<Failover> {
    let rounds = if long() { 50 } else { 1 };
    println!("wait_replicas  took      recovery  forgotten challenges, verifications  told twice");
    let mut failovers = Vec::new();
    for _ in 0..rounds {
        let it = fail_over(wait_replicas).await;
        println!(
            "{wait_replicas:>13}  {:>6} ms {:>6} ms  {:>20}  {:>13}  {:>10}",
            it.took.as_millis(),
            it.recovery.as_millis(),
            it.forgotten_challenges,
            it.forgotten_verifications,
            it.doubled,
        );
        failovers.push(it);
    }
    failovers
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failover_loses_is_counted() {
    failovers("0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_failover_undoes_a_verification_that_waited_for_a_replica() {
    for it in failovers("1").await {
        assert_eq!((it.forgotten_verifications, it.doubled), (0, 0), "{it:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_go_their_ways_through_a_failover() {
    let mut group = SentinelGroup::start(2, 3).await;
    let house = House::new(world(&group.url(), &[WAITS]).await).await.of_patient_clients();
    let house = Arc::new(house);
    let fail_over = async {
        house.answers(count() as usize).await;
        house.notices(|| group.servers[0].kill()).await;
        group.fails_over().await;
    };
    let (gone, ()) = tokio::join!(flows(&house, count(), GAP), fail_over);
    let ends = Ends::of(&house, &gone, &Funnel::of(group.master().await)).await;
    ends.print(&house, 0, 1);
    // What replication had not carried over yet may be forgotten, unless it was a guess.
    assert_eq!((ends.late, ends.doubled), (0, 0));
}
