//! Many guesses at one challenge at the same time.

use std::{collections::BTreeMap, time::Instant};

use pombo::{
    grpc::proto::{
        VerifyCodeRequest, VerifyCodeResponse, VerifyOutcome, otp_service_client::OtpServiceClient,
    },
    simulator::Channel::WhatsApp,
};
use tonic::transport::Channel;

use crate::support::{
    all, long,
    pombo::{Pombo, guess},
    redis_server::RedisServer,
    world::{World, brisk, number},
};

/// Guesses at once.
const CROWD: usize = 64;

/// Connections that a crowd comes by, where it does not share one.
const CONNECTIONS: usize = 8;

const MEMORY: &str = "memory:";

const HASHES: &str = "pombo_hash_seconds_count{profile=\"balanced\"}";

type Client = OtpServiceClient<Channel>;

/// A service with a crowd before it.
struct Race {
    name: &'static str,
    world: World,
    pombo: Pombo,
    clients: Vec<Client>,
}

impl Race {
    async fn new(name: &'static str, store: &str) -> Self {
        let world = World::new(store, brisk(), &[]).await;
        let pombo = world.serve().await;
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(pombo.client().await);
        }
        Self {
            name,
            world,
            pombo,
            clients,
        }
    }

    /// Plays rounds, each with a challenge and its code. What a round returns must always be the same.
    async fn play(&self, round: impl AsyncFn(&[Client], &str, &str) -> BTreeMap<String, usize>) {
        let (rounds, start) = (if long() { 200 } else { 50 }, Instant::now());
        let mut results: Vec<BTreeMap<String, usize>> = Vec::new();
        for index in 0..rounds {
            let to = number(index, "00");
            let id = self.pombo.issue(&to).await.challenge_id;
            let code = self.world.message(&to, WhatsApp, 1).await.code;
            // By turns over one connection and over several.
            let clients = if index % 2 == 0 {
                &self.clients[..1]
            } else {
                &self.clients
            };
            results.push(round(clients, &id, &code).await);
        }
        results.dedup();
        println!(
            "{}: {rounds} rounds in {:?}: {results:?}",
            self.name,
            start.elapsed()
        );
        assert_eq!(results.len(), 1, "rounds differ");
    }
}

async fn crowd(clients: &[Client], guesses: Vec<VerifyCodeRequest>) -> Vec<VerifyCodeResponse> {
    let calls = guesses.into_iter().zip(clients.iter().cycle().cloned());
    let calls = calls.map(|(guess, mut client)| async move { client.verify_code(guess).await });
    let answers = all(calls).await.into_iter();
    answers.map(|answer| answer.unwrap().into_inner()).collect()
}

fn tally(answers: &[VerifyCodeResponse]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        let replayed = if answer.replayed { " replayed" } else { "" };
        *tally
            .entry(format!("{:?}{replayed}", answer.outcome()))
            .or_default() += 1;
    }
    tally
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.map(|(name, count)| (name.to_owned(), count)).into()
}

async fn one_of_many_right_codes_verifies(name: &'static str, store: &str) {
    let race = Race::new(name, store).await;
    race.play(async |clients, id, code| {
        let answers = crowd(clients, vec![guess(id, code); CROWD]).await;
        assert_eq!(
            answers
                .iter()
                .filter(|answer| !answer.recipient.is_empty())
                .count(),
            1
        );
        let tally = tally(&answers);
        assert_eq!(
            tally,
            expected([("Verified", 1), ("AlreadyUsed", CROWD - 1)])
        );
        tally
    })
    .await;
}

async fn one_key_gets_one_answer(name: &'static str, store: &str) {
    let race = Race::new(name, store).await;
    race.play(async |clients, id, code| {
        let keyed = VerifyCodeRequest {
            idempotency_key: "submit".to_owned(),
            ..guess(id, code)
        };
        let answers = crowd(clients, vec![keyed; CROWD]).await;
        assert_eq!(
            answers
                .iter()
                .filter(|answer| !answer.recipient.is_empty())
                .count(),
            1
        );
        let tally = tally(&answers);
        assert_eq!(
            tally,
            expected([("Verified", 1), ("Verified replayed", CROWD - 1)])
        );
        tally
    })
    .await;
}

async fn five_of_many_wrong_codes_count(name: &'static str, store: &str) {
    let race = Race::new(name, store).await;
    let before = race
        .pombo
        .metrics()
        .await
        .get(HASHES)
        .copied()
        .unwrap_or_default();
    let rounds = std::cell::Cell::new(0);
    race.play(async |clients, id, code| {
        rounds.set(rounds.get() + 1);
        let codes = (0..)
            .map(|n| format!("{n:06}"))
            .filter(|wrong| wrong != code);
        let answers = crowd(
            clients,
            codes.take(CROWD).map(|code| guess(id, &code)).collect(),
        )
        .await;
        let tally = tally(&answers);
        assert_eq!(
            tally,
            expected([("WrongCode", 5), ("Exhausted", CROWD - 5)])
        );
        let mut left: Vec<_> = answers
            .iter()
            .filter(|answer| answer.outcome() == VerifyOutcome::WrongCode)
            .map(|answer| answer.attempts_remaining)
            .collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [0, 1, 2, 3, 4],
            "each is told another number of attempts left"
        );
        assert_eq!(
            race.pombo.verify(id, code).await.outcome(),
            VerifyOutcome::Exhausted
        );
        tally
    })
    .await;
    let hashes = race.pombo.metrics().await[HASHES] - before;
    let each = hashes / f64::from(rounds.get());
    println!("{name}: {each} hashes for {CROWD} wrong guesses and the issue");
    assert!(each <= 6.0, "no more guesses are hashed than can count");
}

#[tokio::test]
async fn one_of_many_right_codes_verifies_in_memory() {
    one_of_many_right_codes_verifies("right codes in memory", MEMORY).await;
}

#[tokio::test]
async fn one_of_many_right_codes_verifies_on_redis() {
    let redis = RedisServer::start();
    one_of_many_right_codes_verifies("right codes on Redis", &redis.url()).await;
}

#[tokio::test]
async fn one_key_gets_one_answer_in_memory() {
    one_key_gets_one_answer("one key in memory", MEMORY).await;
}

#[tokio::test]
async fn one_key_gets_one_answer_on_redis() {
    let redis = RedisServer::start();
    one_key_gets_one_answer("one key on Redis", &redis.url()).await;
}

#[tokio::test]
async fn five_of_many_wrong_codes_count_in_memory() {
    five_of_many_wrong_codes_count("wrong codes in memory", MEMORY).await;
}

#[tokio::test]
async fn five_of_many_wrong_codes_count_on_redis() {
    let redis = RedisServer::start();
    five_of_many_wrong_codes_count("wrong codes on Redis", &redis.url()).await;
}
