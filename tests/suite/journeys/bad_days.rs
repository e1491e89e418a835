//! Bad days of each provider: codes arrive all the same, as long as any road is open, and soon.
//!
//! 40 flows a day; in the long form 500.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{VerifyCodeRequest, VerifyOutcome, otp_service_client::OtpServiceClient},
    simulator::{Provider, Weather},
};
use tokio::time::{interval, timeout};
use tonic::transport::Channel;

use crate::support::{
    long,
    pombo::{Pombo, login},
    world::{World, brisk, number},
};

/// Flows begin so far apart, as on a busy day.
const GAP: Duration = Duration::from_millis(20);

/// A code that comes later than this has not come: two tries' time-outs and some.
const LATEST: Duration = Duration::from_secs(15);

/// What became of a day's flows.
struct Day {
    /// How long each message took that came.
    took: Vec<Duration>,
    flows: usize,
    /// Requests to send that came in after their code had been given.
    late: usize,
}

async fn live(world: &World, pombo: &Pombo, first: u32, flows: usize) -> Day {
    let connection = pombo.connection().await;
    let mut begins = interval(GAP);
    let mut under_way = Vec::new();
    for index in 0..flows {
        begins.tick().await;
        let to = number(first + index as u32, "00");
        let inbox = world.simulator.inbox();
        under_way.push((to.clone(), tokio::spawn(flow(connection.clone(), inbox, to))));
    }
    let mut day = Day { took: Vec::new(), flows, late: 0 };
    let mut given = Vec::new();
    for (to, flow) in under_way {
        day.took.extend(flow.await.unwrap());
        given.push((to.clone(), world.asked(&to)));
    }
    // By the time that the last flow has ended, whatever was to come for the first has come.
    day.late = given.iter().filter(|(to, asked)| world.asked(to) != *asked).count();
    day.took.sort();
    day
}

/// Issues, waits for the first message by any road, and gives its code.
async fn flow(connection: Channel, inbox: pombo::simulator::Inbox, to: String) -> Option<Duration> {
    let mut client = OtpServiceClient::new(connection);
    let start = Instant::now();
    let issued = client.issue_code(login(&to)).await.unwrap().into_inner();
    let message = timeout(LATEST, inbox.wait_for(&to, 1)).await.ok()?.remove(0);
    let took = start.elapsed();
    let guess = VerifyCodeRequest {
        challenge_id: issued.challenge_id,
        code: message.code,
        ..VerifyCodeRequest::default()
    };
    let verified = client.verify_code(guess).await.unwrap().into_inner();
    assert_eq!(verified.outcome(), VerifyOutcome::Verified);
    Some(took)
}

fn weathers(provider: Provider) -> Vec<(&'static str, Weather)> {
    let second = Duration::from_secs(1);
    let mut weathers = vec![
        ("a minute of 429", Weather::Throttle),
        ("500 in bursts", Weather::Bursts { status: 500, on: second, off: second }),
        ("10 s of latency", Weather::slow(Duration::from_secs(10))),
        ("connections reset", Weather::ResetUntaken),
        ("token expired", Weather::TokenExpired),
        ("every call hangs", Weather::Hang),
    ];
    if provider == Provider::Meta {
        weathers.push(("template paused", Weather::TemplatePaused { language: None }));
    }
    weathers
}

async fn days(provider: Provider, by: &[(&str, &str)]) {
    let flows = if long() { 500 } else { 40 };
    let rates = [("WHATSAPP__CLOUD__RATE", "1000"), ("SMS__TWILIO__RATE", "1000")];
    for (name, weather) in weathers(provider) {
        let world = World::new("memory:", brisk(), &[&rates, by].concat()).await;
        let pombo = match by.iter().any(|(_, value)| value.contains("aws")) {
            true => world.serve_by_aws().await,
            false => world.serve().await,
        };
        world.simulator.weather(provider, weather);
        let day = live(&world, &pombo, 800_000, flows).await;
        let at = |share: usize| day.took[(day.took.len() * share / 100).min(day.took.len() - 1)];
        assert!(!day.took.is_empty(), "{provider:?}, {name}: nothing came");
        println!(
            "{:>8}  {name:<18}  {:>3} of {} codes came; median {:>5} ms, p99 {:>5} ms; {} asked late",
            format!("{provider:?}"),
            day.took.len(),
            day.flows,
            at(50).as_millis(),
            at(99).as_millis(),
            day.late,
        );
        assert!(day.took.len() * 100 >= day.flows * 99, "{provider:?}, {name}");
        assert_eq!(day.late, 0, "{provider:?}, {name}: a try for what was over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_meta() {
    days(Provider::Meta, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twilio() {
    let by =
        [("DELIVERY__PLAN", "sms"), ("SMS__PROVIDER", "twilio,aws"), ("SMS__AWS__RATE", "1000")];
    days(Provider::Twilio, &by).await;
}

#[cfg(feature = "aws")]
#[tokio::test(flavor = "multi_thread")]
async fn of_aws() {
    days(Provider::Aws, &[("WHATSAPP__PROVIDER", "aws"), ("WHATSAPP__AWS__RATE", "1000")]).await;
}
