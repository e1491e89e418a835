//! What may be shown to people, who shall not learn from it who has an account and which codes there
//! are.

use std::time::{Duration, Instant};

use pombo::grpc::proto::{IssueCodeRequest, VerifyOutcome};
use tonic::{Request, Status};
use tonic_types::StatusExt;

use super::{NOBODYS, NUMBER, world};
use crate::support::{
    pombo::{guess, login},
    world::number,
};

fn sentence(status: &Status) -> (String, String) {
    let details = status.get_error_details();
    let message = details.localized_message().unwrap_or_else(|| panic!("none in {status:?}"));
    (message.locale.clone(), message.message.clone())
}

fn in_portuguese<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("accept-language", "pt-BR, en;q=0.5".parse().unwrap());
    request
}

#[tokio::test]
async fn every_refusal_to_send_says_one_thing_to_people() {
    let limits = [
        ("LIMITS__ALLOWED_COUNTRIES", "[\"BR\", \"GB\"]"),
        ("LIMITS__SUBJECT", "[\"1/1h\"]"),
        ("FRAUD__BLOCKED_PREFIXES", "[\"+551193\"]"),
    ];
    let pombo = world(&limits).await.serve().await;
    let subject = |to: &str| IssueCodeRequest { subject_id: "ana".to_owned(), ..login(to) };
    pombo.try_issue(subject(NUMBER)).await.unwrap();
    let refused = [
        login("+351912345678"),
        login(&number(300_000, "00")),
        login("+449012345678"),
        login("+55 11"),
        subject(&number(400_000, "00")),
        IssueCodeRequest { purpose: 0, ..login(NUMBER) },
    ];
    let mut client = pombo.client().await;
    let mut said = Vec::new();
    for request in refused {
        let english = client.issue_code(request.clone()).await.unwrap_err();
        let portuguese = client.issue_code(in_portuguese(request)).await.unwrap_err();
        said.push((sentence(&english), sentence(&portuguese)));
    }
    assert!(said.iter().all(|one| *one == said[0]), "{said:#?}");
    let ((english, _), (portuguese, text)) = &said[0];
    assert_eq!((english.as_str(), portuguese.as_str()), ("en", "pt"));
    assert!(text.starts_with("Não"), "{text}");
}

#[tokio::test]
async fn every_code_that_is_not_right_says_one_thing_to_people() {
    let limits =
        [("LIMITS__FAILURES_IN_A_ROW", "1"), ("CODE__TTL", "1s"), ("CODE__MAX_LIFE", "1s")];
    let world = world(&limits).await;
    let pombo = world.serve().await;
    let (right, late) = (pombo.issue(NUMBER).await, pombo.issue(&number(1, "00")).await);
    let code = world.message(NUMBER, pombo::simulator::Channel::WhatsApp, 1).await.code;
    let verified = pombo.verify(&right.challenge_id, &code).await;
    assert_eq!((verified.outcome(), &*verified.user_message), (VerifyOutcome::Verified, ""));
    pombo.end(&late.challenge_id).await;
    let locked = pombo.issue(&number(2, "00")).await.challenge_id;
    let wrong = pombo.verify(&locked, "0000000").await;
    let mut told = vec![wrong];
    for (id, code) in [
        (&*right.challenge_id, &*code),
        (&late.challenge_id, "123456"),
        (&locked, "123456"),
        (NOBODYS, "123456"),
    ] {
        told.push(pombo.verify(id, code).await);
    }
    let outcomes: Vec<_> = told.iter().map(|answer| answer.outcome()).collect();
    use VerifyOutcome::{AlreadyUsed, Expired, Locked, UnknownChallenge, WrongCode};
    assert_eq!(outcomes, [WrongCode, AlreadyUsed, Expired, Locked, UnknownChallenge]);
    assert!(told.iter().all(|answer| answer.user_message == told[0].user_message));
    assert!(!told[0].user_message.is_empty());
    let mut client = pombo.client().await;
    let request = in_portuguese(guess(NOBODYS, "123456"));
    let portuguese = client.verify_code(request).await.unwrap().into_inner();
    assert!(portuguese.user_message.starts_with("Este código"), "{}", portuguese.user_message);
}

/// Half of them take longer.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn a_number_that_is_known_costs_as_much_work_as_one_that_is_not() {
    let pombo = world(&[("LIMITS__RECIPIENT", "[\"1000/24h\"]"), ("CODE__ACCEPT_ODDS", "true")])
        .await
        .serve()
        .await;
    let mut client = pombo.client().await;
    let hashes = async || {
        let metrics = pombo.metrics().await;
        metrics["pombo_hash_seconds_count{profile=\"balanced\"}"]
    };
    let subject = |to: String, n: u32| IssueCodeRequest { subject_id: n.to_string(), ..login(&to) };
    let mut times = [Vec::new(), Vec::new()];
    client.issue_code(login(NUMBER)).await.unwrap();
    let mut hashed = [0.0, 0.0];
    for n in 0..30 {
        // One that has had codes before, and one that nobody has heard of.
        for (known, to) in [NUMBER.to_owned(), number(600_000 + n, "00")].into_iter().enumerate() {
            let (before, start) = (hashes().await, Instant::now());
            client.issue_code(subject(to, n)).await.unwrap();
            times[known].push(start.elapsed());
            hashed[known] += hashes().await - before;
        }
    }
    let [known, unknown] = times.map(median);
    println!(
        "IssueCode to a known number {known:?}, to an unknown one {unknown:?} (medians of 30)"
    );
    // A code is hashed once, whoever it is for; once more where a receipt has changed the record meanwhile.
    let is_once = |hashes: &f64| (30.0..45.0).contains(hashes);
    assert!(hashed.iter().all(is_once), "{hashed:?}");
    assert!(known < unknown * 3 && unknown < known * 3, "{known:?} and {unknown:?}");
}
