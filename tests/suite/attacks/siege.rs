//! The besieged: two replicas over one Redis, and callers that know each other's challenges.

use base64::{Engine, prelude::BASE64_STANDARD};
use pombo::{
    grpc::proto::{
        self, GetChallengeRequest, IssueCodeRequest, IssueCodeResponse, VerifyCodeRequest,
        otp_service_client::OtpServiceClient,
    },
    otp::{IndexKey, PhoneNumber, Recipient, RecipientKey},
    simulator::Channel::WhatsApp,
    store::record,
};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use tonic::{Code, Request, Status, transport::Channel};
use zeroize::Zeroizing;

use super::{Answer, NOBODYS};
use crate::support::{
    all,
    pombo::{PATIENCE, Pombo},
    redis_server::RedisServer,
    world::{INDEX, RING, World, brisk},
    wrong_clock::off_by,
};

/// Programs that may call for every purpose, each with a key of its own.
pub const CALLERS: [&str; 3] = ["bank", "shop", "gym"];

/// The index key of every [`World`], for whoever is to be shown what it protects.
pub fn index_key() -> [u8; 32] {
    key(INDEX)
}

/// And the root key of its ring.
pub fn ring_key() -> [u8; 32] {
    key(RING.trim_start_matches("k1:"))
}

fn key(text: &str) -> [u8; 32] {
    BASE64_STANDARD.decode(text).unwrap().try_into().unwrap()
}

/// What replicas log: a flood's refusals are a line each.
const QUIET: &str = "error,pombo::cli::serve=info";

pub type Client = OtpServiceClient<Channel>;

pub struct Siege {
    pub redis: RedisServer,
    pub world: World,
    pub replicas: Vec<Pombo>,
    /// Connections to each replica: one takes 128 calls at once, and its client has the others wait.
    lines: Vec<[Channel; 4]>,
    log: &'static str,
    /// Hashes of replicas that are no more.
    past_hashes: f64,
}

/// A call of a caller.
pub fn by<T>(caller: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {caller} key").parse().unwrap());
    request
}

impl Siege {
    pub async fn new(more: &[(&str, &str)]) -> Self {
        Self::over(RedisServer::start(), QUIET, more).await
    }

    /// Over a Redis that comes back with all it had, under whatever clock.
    pub async fn over_lasting(more: &[(&str, &str)]) -> Self {
        Self::over(RedisServer::start_lasting(), QUIET, more).await
    }

    pub async fn over(redis: RedisServer, log: &'static str, more: &[(&str, &str)]) -> Self {
        let mut settings = Vec::new();
        for (n, name) in CALLERS.iter().enumerate() {
            let key = Sha256::digest(format!("{name} key"));
            let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            settings.push((format!("CALLERS__{n}__NAME"), (*name).to_owned()));
            settings.push((format!("CALLERS__{n}__API_KEY_SHA256"), key));
        }
        let callers = settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let settings: Vec<_> = callers.chain(more.iter().copied()).collect();
        let world = World::new(&redis.url(), brisk(), &settings).await;
        let (replicas, lines) = (Vec::new(), Vec::new());
        let mut siege = Self { redis, world, replicas, lines, log, past_hashes: 0.0 };
        for at in 0..2 {
            let (pombo, lines) = siege.start(at).await;
            siege.replicas.push(pombo);
            siege.lines.push(lines);
        }
        siege
    }

    /// Providers call the first replica; the second sees in the store what they told.
    async fn start(&self, at: usize) -> (Pombo, [Channel; 4]) {
        let mut environment = self.world.environment();
        environment.push(("RUST_LOG", self.log));
        if at == 1 {
            environment.push(("POMBO_SERVER__WEBHOOK_ADDR", "127.0.0.1:0"));
        }
        let pombo = Pombo::serve_with(&[], &environment).await;
        let line = || pombo.connection();
        let lines = [line().await, line().await, line().await, line().await];
        (pombo, lines)
    }

    /// kill -9, and another one in its place.
    pub async fn restart(&mut self, at: usize) {
        self.past_hashes += hashes_of(&self.replicas[at]).await;
        self.replicas[at].kill().await;
        (self.replicas[at], self.lines[at]) = self.start(at).await;
    }

    /// So many seconds have passed for the store since it was first started. Only where it comes back
    /// with all it had.
    pub async fn jump(&mut self, seconds: u64) {
        let clock = off_by(seconds.cast_signed());
        let clock: Vec<_> = clock.iter().map(|(key, value)| (*key, value.as_str())).collect();
        self.redis.restart_under(&clock);
        for at in 0..2 {
            let request = || GetChallengeRequest { challenge_id: NOBODYS.to_owned() };
            let asked = async || self.client(at).get_challenge(by(CALLERS[0], request())).await;
            // Connections to it are made anew.
            while asked().await.unwrap_err().code() != Code::NotFound {
                tokio::task::yield_now().await;
            }
        }
    }

    /// A client of one replica or, by turns, of the other.
    pub fn client(&self, at: usize) -> Client {
        let lines = &self.lines[at % self.lines.len()];
        Client::new(lines[at / self.lines.len() % lines.len()].clone())
    }

    pub async fn issue(
        &self,
        at: usize,
        caller: &str,
        request: IssueCodeRequest,
    ) -> Result<IssueCodeResponse, Status> {
        Ok(self.client(at).issue_code(by(caller, request)).await?.into_inner())
    }

    /// All at once, by turns over both replicas.
    pub async fn issue_all(
        &self,
        calls: impl IntoIterator<Item = (&'static str, IssueCodeRequest)>,
    ) -> Vec<Result<IssueCodeResponse, Status>> {
        let calls = calls.into_iter().enumerate().map(|(at, (caller, request))| {
            let (mut client, request) = (self.client(at), by(caller, request));
            async move { Ok(client.issue_code(request).await?.into_inner()) }
        });
        all(calls).await
    }

    pub async fn verify(&self, at: usize, caller: &str, guess: VerifyCodeRequest) -> Answer {
        Ok(self.client(at).verify_code(by(caller, guess)).await?.into_inner())
    }

    /// All at once, by turns over both replicas.
    pub async fn verify_all(&self, caller: &str, guesses: Vec<VerifyCodeRequest>) -> Vec<Answer> {
        let calls = guesses.into_iter().enumerate().map(|(at, guess)| {
            let (mut client, request) = (self.client(at), by(caller, guess));
            async move { Ok(client.verify_code(request).await?.into_inner()) }
        });
        all(calls).await
    }

    pub async fn get(&self, caller: &str, challenge_id: &str) -> proto::Challenge {
        let request = GetChallengeRequest { challenge_id: challenge_id.to_owned() };
        let seen = self.client(1).get_challenge(by(caller, request)).await;
        seen.unwrap().into_inner().challenge.unwrap()
    }

    pub async fn cancel(&self, caller: &str, challenge_id: &str) {
        let request = proto::CancelChallengeRequest { challenge_id: challenge_id.to_owned() };
        self.client(1).cancel_challenge(by(caller, request)).await.unwrap();
    }

    pub async fn resend(&self, at: usize, caller: &str, challenge_id: &str) -> Result<(), Status> {
        let challenge_id = challenge_id.to_owned();
        let request = proto::ResendCodeRequest { challenge_id, ..Default::default() };
        self.client(at).resend_code(by(caller, request)).await.map(drop)
    }

    /// The code of the `n`-th message (from 1) on somebody's WhatsApp.
    pub async fn code(&self, to: &str, n: usize) -> String {
        self.world.message(to, WhatsApp, n).await.code
    }

    /// The first code of a challenge, by whatever road it came.
    pub async fn code_of(&self, to: &str, challenge_id: &str) -> String {
        let inbox = self.world.simulator.inbox();
        let found = async {
            for seen in 1.. {
                let messages = inbox.wait_for(to, seen).await;
                if let Some(own) = messages.iter().find(|it| it.reference.contains(challenge_id)) {
                    return own.code.clone();
                }
            }
            unreachable!()
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("no message of {challenge_id} came"))
    }

    /// Codes that reached a phone so far.
    pub fn codes(&self, to: &str) -> Vec<String> {
        let messages = self.world.simulator.inbox().messages(Some(to));
        messages.into_iter().map(|message| message.code).collect()
    }

    /// Guesses and fresh codes that were hashed so far.
    pub async fn hashes(&self) -> f64 {
        let mut hashes = self.past_hashes;
        for replica in &self.replicas {
            hashes += hashes_of(replica).await;
        }
        hashes
    }

    /// How often both replicas counted something.
    pub async fn counted(&self, series: &str) -> f64 {
        let mut counted = 0.0;
        for replica in &self.replicas {
            counted += replica.metrics().await.get(series).copied().unwrap_or_default();
        }
        counted
    }

    /// All that the store has of somebody.
    pub async fn record(&self, to: &str) -> Recipient {
        let place = place(to);
        let start: [u8; 8] = place.0[..8].try_into().unwrap();
        let partition = u64::from_be_bytes(start) % 64;
        let client = redis::Client::open(self.redis.url()).unwrap();
        let mut redis = client.get_multiplexed_async_connection().await.unwrap();
        let key = format!("pombo:{{{partition}}}:record:{place}");
        let stored: Vec<u8> = redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
        record::decode(&stored[8..]).unwrap()
    }
}

/// Where somebody's record lies.
pub fn place(to: &str) -> RecipientKey {
    IndexKey::new(Zeroizing::new(index_key())).recipient(&PhoneNumber::parse(to).unwrap())
}

async fn hashes_of(pombo: &Pombo) -> f64 {
    let metrics = pombo.metrics().await;
    let hashes = metrics.iter().filter(|(name, _)| name.starts_with("pombo_hash_seconds_count"));
    hashes.map(|(_, count)| count).sum()
}
