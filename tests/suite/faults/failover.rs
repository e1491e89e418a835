//! The master is killed and a replica takes its place, amid people who go their ways. What asynchronous
//! replication loses by that is counted; with `store.wait_replicas` none of it is a guess that was
//! answered.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::grpc::proto::{VerifyCodeRequest, VerifyOutcome};
use tokio::time::sleep;
use tonic::Code;

use super::{
    House,
    flow::{issue, keyed, message, verify},
    world,
};
use crate::support::{
    all, long,
    pombo::{guess, login},
    sentinel_group::SentinelGroup,
    world::number,
};

/// How soon after a failover all is well again.
const RECOVERY: Duration = Duration::from_secs(2);

/// People who give their codes when the master dies.
const CROWD: u32 = 24;

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

/// A right guess at a challenge of its own.
async fn right_guess(house: &House, to: String) -> VerifyCodeRequest {
    let issued = issue(house, &login(&to)).await.unwrap();
    let code = message(&house.world, &to).await.code;
    guess(&issued.challenge_id, &code)
}

async fn right_guesses(house: &Arc<House>, first: u32) -> Vec<VerifyCodeRequest> {
    let guesses = (first..first + CROWD).map(|index| {
        let house = Arc::clone(house);
        async move { right_guess(&house, number(index, "00")).await }
    });
    all(guesses.collect::<Vec<_>>()).await
}

/// Those who were told that they are verified, of all that tried at once; the master dies after a few.
async fn verified(
    house: &Arc<House>,
    guesses: &[VerifyCodeRequest],
    kill: impl FnOnce(),
) -> BTreeSet<String> {
    let mut answered = house.answered.subscribe();
    let mark = *answered.borrow() + CROWD as usize / 4;
    let calls = guesses.iter().cloned().map(|guess| {
        let house = Arc::clone(house);
        async move {
            let told = verify(&house, &keyed(guess.clone(), "first")).await.ok()?;
            let is_told = told.outcome() == VerifyOutcome::Verified;
            is_told.then_some(guess.challenge_id)
        }
    });
    let kill = async {
        answered.wait_for(|answers| *answers >= mark).await.unwrap();
        kill();
    };
    let (told, ()) = tokio::join!(all(calls.collect::<Vec<_>>()), kill);
    told.into_iter().flatten().collect()
}

/// Asks until there is an answer again.
async fn recovers(house: &House, of: &VerifyCodeRequest) -> Duration {
    let start = Instant::now();
    while let Err(status) = house.get(&of.challenge_id).await {
        if status.code() == Code::NotFound {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}

async fn fail_over(wait_replicas: &str, round: u32) -> Failover {
    // With another replica, so that there is one to wait for when the first has become the master.
    let mut group = SentinelGroup::start(2, 3).await;
    let waits = ("STORE__WAIT_REPLICAS", wait_replicas);
    let house =
        Arc::new(House::new(world(&group.url(), &[waits, ("CODE__TTL", "5m")]).await).await);
    let guesses = right_guesses(&house, round * CROWD).await;
    let mut killed = None;
    let master = &mut group.servers[0];
    let told = verified(&house, &guesses, || {
        master.kill();
        killed = Some(Instant::now());
    })
    .await;
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

/// The outcome, asked for until there is one.
async fn patiently(house: &House, guess: &VerifyCodeRequest) -> VerifyOutcome {
    let start = Instant::now();
    loop {
        match verify(house, guess).await {
            Ok(told) => return told.outcome(),
            Err(status) => assert!(start.elapsed() < RECOVERY * 5, "{status:?}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn failovers(wait_replicas: &str) -> Vec<Failover> {
    let rounds = if long() { 50 } else { 1 };
    println!("wait_replicas  took      recovery  forgotten challenges, verifications  told twice");
    let mut failovers = Vec::new();
    for round in 0..rounds {
        let it = fail_over(wait_replicas, round).await;
        println!(
            "{wait_replicas:>13}  {:>6} ms {:>6} ms  {:>20}  {:>13}  {:>10}",
            it.took.as_millis(),
            it.recovery.as_millis(),
            it.forgotten_challenges,
            it.forgotten_verifications,
            it.doubled,
        );
        assert!(it.recovery < RECOVERY, "{it:?}");
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
