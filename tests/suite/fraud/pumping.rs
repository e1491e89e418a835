//! Somebody pumps: thousands of text messages wanted for one prefix, from a thousand addresses, half of
//! them asked for and half of them brought about by a WhatsApp that does not reach the number. Among
//! them honest people, of that prefix and of others.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use pombo::{grpc::proto::otp_service_client::OtpServiceClient, simulator::Channel};
use tonic::transport;

use super::*;
use crate::{
    edge::join_all,
    support::{redis_server::RedisServer, world::number},
};

/// Text messages that the attack wants, and honest people meanwhile.
fn size() -> (u32, u32) {
    match std::env::var_os("POMBO_TEST_LONG") {
        Some(_) => (10_000, 1_000),
        None => (1_000, 100),
    }
}

/// Calls that the attack has under way at once.
const AT_ONCE: u32 = 50;

/// The attacked prefix, whose numbers have indices from here on; honest numbers of it end elsewhere.
const PREFIX: u32 = 300_000;

const HOURLY: u32 = 10;

/// Text messages that were refused or withheld.
const DECIDED: [&str; 2] = [
    "pombo_limited_total{limit=\"prefix_budget\"}",
    "pombo_limited_total{limit=\"prefix_breaker\"}",
];

type Line = OtpServiceClient<transport::Channel>;

#[derive(Default)]
struct Tally(BTreeMap<String, u32>);

impl Tally {
    fn raise(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    fn of(&self, what: &str) -> u32 {
        self.0.get(what).copied().unwrap_or_default()
    }
}

/// One message that the attack wants: every second by a call, the others by a fallback.
async fn pump(mut line: Line, index: u32) -> String {
    let asked = index.is_multiple_of(2);
    let to = number(PREFIX + index / 2, if asked { "00" } else { "01" });
    let request = if asked { by_sms(&to) } else { login(&to) };
    let client_ip = format!("10.0.{}.{}", index % 1000 / 250, index % 250);
    match line.issue_code(IssueCodeRequest { client_ip, ..request }).await {
        Ok(_) if asked => "text message issued".to_owned(),
        Ok(_) => "fallback wanted".to_owned(),
        Err(status) => format!("refused, {}", refused::<()>(Err(status)).0),
    }
}

async fn attack(line: Line, wanted: u32) -> Tally {
    let mut tally = Tally::default();
    for from in (0..wanted).step_by(AT_ONCE as usize) {
        let calls = (from..wanted.min(from + AT_ONCE)).map(|index| pump(line.clone(), index));
        join_all(calls).await.into_iter().for_each(|what| tally.raise(what));
    }
    tally
}

/// How long an honest person took to verify, by the plan or by a text message.
async fn honest(world: &World, pombo: &Pombo, to: &str, channel: Channel) -> Duration {
    let start = Instant::now();
    let request = if channel == Channel::Sms { by_sms(to) } else { login(to) };
    let issued = pombo.try_issue(request).await.unwrap();
    let code = world.message(to, channel, 1).await.code;
    let verified = pombo.verify(&issued.challenge_id, &code).await;
    assert_eq!(verified.outcome(), proto::VerifyOutcome::Verified);
    start.elapsed()
}

fn worst(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_paid_messages_is_held_to_a_budget_and_honest_people_are_served() {
    let (wanted, people) = size();
    let hourly = HOURLY.to_string();
    let rules = [
        ("FRAUD__ENFORCE", "[\"prefix_breaker\", \"prefix_budget\", \"country_budget\"]"),
        ("FRAUD__PREFIX_HOURLY", &*hourly),
        // The country's own traffic is what its budget grows by; here it begins with it.
        ("FRAUD__COUNTRY_HOURLY", "200"),
        ("FRAUD__COUNTRY_DAILY", "2000"),
        ("LIMITS__CLIENT_IP", "[\"30/1h\"]"),
        // WhatsApp's pace is none of this: at the usual 80 a second the flood itself would wait in line.
        ("WHATSAPP__CLOUD__RATE", "1000"),
    ];
    let redis = RedisServer::start();
    let world = world(&redis.url(), &rules).await;
    let pombo = world.serve_with_a_quiet_log().await;
    let line = pombo.client().await;
    let flood = tokio::spawn(attack(line, wanted));
    let (mut texts, mut of_prefix) = (Vec::new(), Vec::new());
    for index in 0..people {
        let elsewhere = number(500_000 + 9_000 * (index % 20) + index, "00");
        texts.push(honest(&world, &pombo, &elsewhere, Channel::Sms).await);
        let here = number(PREFIX + 9_000 + index % 900, if index < 900 { "00" } else { "05" });
        of_prefix.push(honest(&world, &pombo, &here, Channel::WhatsApp).await);
    }
    let tally = flood.await.unwrap();
    let spent = || (0..wanted).map(|index| world.asked(&attacked(index)).1 as u32).sum::<u32>();
    let refusals: u32 = tally.of("refused, PREFIX_BUDGET") + tally.of("refused, PREFIX_BREAKER");
    // A fallback is decided on some time after its call was answered.
    let decided = pombo.counted(&DECIDED, f64::from(wanted - HOURLY)).await as u32;
    println!("wanted {wanted}: {:?}", tally.0);
    println!("text messages of the attack that were paid for: {} of {wanted}", spent());
    println!("refused to callers {refusals}, withheld and refused {decided}");
    let (by_text, by_whatsapp) = (texts.len(), of_prefix.len());
    println!("honest, other prefixes, by SMS: {by_text} of {people}, {:?} at most", worst(texts));
    println!(
        "honest, that prefix, by WhatsApp: {by_whatsapp} of {people}, {:?} at most",
        worst(of_prefix)
    );
    assert!(spent() > 0 && spent() <= HOURLY, "{}", spent());
    assert_eq!(tally.of("fallback wanted"), wanted / 2, "WhatsApp is not withheld");
}

fn attacked(index: u32) -> String {
    number(PREFIX + index / 2, if index.is_multiple_of(2) { "00" } else { "01" })
}
