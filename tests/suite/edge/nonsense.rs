//! Requests that nobody would write: none is our fault, and none ends the process.

use std::collections::BTreeMap;

use pombo::grpc::proto::{
    self, IssueCodeRequest, Transaction, VerifyCodeRequest, otp_service_client::OtpServiceClient,
};
use prost_types::Timestamp;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tonic::{Code, transport::Channel};

use super::{NOBODYS, NUMBER, world};

/// Texts that break parsers, and some that are fine.
const TEXTS: [&str; 18] = [
    "",
    NUMBER,
    "+12025550123",
    NOBODYS,
    "0",
    "-1",
    "10.50",
    "BRL",
    "pt-BR",
    "::1",
    "192.0.2.1",
    "123456",
    "\0",
    "\u{202e}\u{feff}",
    "%s%n{}{0}",
    "'; FLUSHALL; --",
    "../../etc/passwd",
    "𝟙𝟚𝟛𝟜𝟝𝟞",
];

fn text(rng: &mut StdRng) -> String {
    match rng.random_range(0..10) {
        0 => "9".repeat(rng.random_range(0..300)),
        1 => (0..rng.random_range(0..40)).map(|_| rng.random::<char>()).collect(),
        _ => TEXTS[rng.random_range(0..TEXTS.len())].to_owned(),
    }
}

fn number(rng: &mut StdRng) -> i32 {
    if rng.random_bool(0.8) { rng.random_range(-1..9) } else { rng.random() }
}

fn transaction(rng: &mut StdRng) -> Option<Transaction> {
    rng.random_bool(0.4).then(|| Transaction {
        amount: text(rng),
        currency: text(rng),
        payee: text(rng),
        reference: text(rng),
    })
}

/// One call with random fields: what it was answered.
async fn any_call(pombo: &mut OtpServiceClient<Channel>, id: &str, rng: &mut StdRng) -> Code {
    let challenge_id = if rng.random_bool(0.5) { id.to_owned() } else { text(rng) };
    let answer = match rng.random_range(0..6) {
        0 => pombo
            .issue_code(IssueCodeRequest {
                recipient: text(rng),
                purpose: number(rng),
                subject_id: text(rng),
                client_ip: text(rng),
                language_code: text(rng),
                transaction: transaction(rng),
                requested_channel: number(rng),
                idempotency_key: text(rng),
            })
            .await
            .map(drop),
        1 => pombo
            .verify_code(VerifyCodeRequest {
                challenge_id,
                code: text(rng),
                transaction: transaction(rng),
                client_ip: text(rng),
                idempotency_key: text(rng),
                subject_id: text(rng),
                purpose: number(rng),
            })
            .await
            .map(drop),
        2 => pombo
            .resend_code(proto::ResendCodeRequest {
                challenge_id,
                requested_channel: number(rng),
                idempotency_key: text(rng),
            })
            .await
            .map(drop),
        3 => pombo.get_challenge(proto::GetChallengeRequest { challenge_id }).await.map(drop),
        4 => pombo.watch_challenge(proto::WatchChallengeRequest { challenge_id }).await.map(drop),
        _ => pombo
            .report_outcome(proto::ReportOutcomeRequest {
                challenge_id,
                outcome: number(rng),
                occur_time: rng
                    .random_bool(0.5)
                    .then(|| Timestamp { seconds: rng.random(), nanos: rng.random() }),
            })
            .await
            .map(drop),
    };
    answer.err().map_or(Code::Ok, |status| status.code())
}

#[tokio::test]
async fn no_request_is_our_fault_and_none_ends_the_process() {
    let pombo = world(&[]).await.serve().await;
    let mut client = pombo.client().await;
    let id = pombo.issue(NUMBER).await.challenge_id;
    let seed = rand::random();
    println!("random requests with seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..600 {
        let code = any_call(&mut client, &id, &mut rng).await;
        let faults =
            [Code::Internal, Code::Unknown, Code::DataLoss, Code::Unavailable, Code::Unimplemented];
        assert!(!faults.contains(&code), "{code:?} with seed {seed}");
        *codes.entry(format!("{code:?}")).or_default() += 1;
    }
    println!("random requests were answered {codes:?}");
    assert_eq!(pombo.page("/readyz").await, "ready");
    assert!(!pombo.stderr.all().iter().any(|line| line.contains("panicked")));
}
