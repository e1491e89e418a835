//! A provider that hangs, one that is paced, and one that tells a thousand things at once.

use std::time::{Duration, Instant};

use pombo::{
    grpc::proto::{DeliveryStatus, FailureReason, otp_service_client::OtpServiceClient},
    simulator::{Provider, Weather},
};

use crate::support::{
    all,
    pombo::{Pombo, by_sms, login},
    world::{SOON, World, brisk, number},
};

/// Calls that are timed, and flows that hang meanwhile.
const CALLS: u32 = 100;
const HUNG: u32 = 400;

/// How long IssueCode takes for a text message, sorted.
async fn latencies(pombo: &Pombo, first: u32) -> Vec<Duration> {
    let mut client = OtpServiceClient::new(pombo.connection().await);
    let mut took = Vec::new();
    for index in 0..CALLS {
        let request = by_sms(&number(first + index, "00"));
        let start = Instant::now();
        client.issue_code(request).await.unwrap();
        took.push(start.elapsed());
    }
    took.sort();
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_leaves_other_channels_and_memory_alone() {
    let rates = [("WHATSAPP__CLOUD__RATE", "1000"), ("SMS__TWILIO__RATE", "1000")];
    let world = World::new("memory:", brisk(), &rates).await;
    let pombo = world.serve().await;
    let before = latencies(&pombo, 920_000).await;
    let calm = pombo.resident_kib();

    world.simulator.weather(Provider::Meta, Weather::Hang);
    let connection = pombo.connection().await;
    let hung = (0..HUNG).map(|index| flow(connection.clone(), number(921_000 + index, "00")));
    all(hung.collect::<Vec<_>>()).await;
    let during = latencies(&pombo, 922_000).await;
    everything_came(&world, 921_000).await;
    let once = pombo.resident_kib();

    let again = (0..HUNG).map(|index| flow(connection.clone(), number(923_000 + index, "00")));
    all(again.collect::<Vec<_>>()).await;
    everything_came(&world, 923_000).await;
    let twice = pombo.resident_kib();

    let at = |took: &[Duration], share: usize| took[took.len() * share / 100].as_secs_f64() * 1e3;
    println!(
        "IssueCode by SMS: median {:.1} ms, p95 {:.1} ms; while {HUNG} WhatsApp sends hung: median {:.1} \
         ms, p95 {:.1} ms; resident {calm} KiB before, {once} KiB after it, {twice} KiB after as many again",
        at(&before, 50),
        at(&before, 95),
        at(&during, 50),
        at(&during, 95),
    );
    // Of two cores that others use as well, a few milliseconds are nobody's; a queue would be seconds.
    assert!(at(&during, 50) < at(&before, 50) * 3.0 + 20.0, "{during:?}");
    assert!(twice < once + 16 * 1024, "{once} KiB, then {twice} KiB");
}

async fn flow(connection: tonic::transport::Channel, to: String) {
    OtpServiceClient::new(connection).issue_code(login(&to)).await.unwrap();
}

async fn everything_came(world: &World, first: u32) {
    let inbox = world.simulator.inbox();
    for index in 0..HUNG {
        inbox.wait_for(&number(first + index, "00"), 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_receipts_in_one_call_are_taken_in_at_once() {
    let mut settings = brisk();
    settings.meta.limits.per_second = 10_000;
    let world = World::new("memory:", settings, &[("WHATSAPP__CLOUD__RATE", "1000")]).await;
    let pombo = world.serve().await;
    world.simulator.hold_statuses();
    let connection = pombo.connection().await;
    let flows = (0..340).map(|index| {
        let mut client = OtpServiceClient::new(connection.clone());
        async move {
            let issued = client.issue_code(login(&number(930_000 + index, "00"))).await.unwrap();
            issued.into_inner().challenge_id
        }
    });
    let ids = all(flows.collect::<Vec<_>>()).await;
    // Sent, delivered and read, of each.
    world.simulator.wait_for_held(3 * ids.len()).await;
    let start = Instant::now();
    world.simulator.release_statuses().await;
    println!("{} receipts in two calls: taken in after {:?}", 3 * ids.len(), start.elapsed());
    for id in &ids {
        assert_eq!(pombo.get(id).await.deliveries[0].status(), DeliveryStatus::Read);
    }
    let taken = pombo.metrics().await["pombo_webhooks_total{source=\"whatsapp\",result=\"taken\"}"];
    assert_eq!(taken as usize, 3 * ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_wait_in_line_for_longer_than_the_step_has_goes_by_the_next() {
    let paced = [("WHATSAPP__CLOUD__RATE", "1"), ("SMS__TWILIO__RATE", "1000"), SOON];
    let world = World::new("memory:", brisk(), &paced).await;
    let pombo = world.serve().await;
    let mut ids = Vec::new();
    for index in 0..8 {
        ids.push(pombo.issue(&number(940_000 + index, "00")).await.challenge_id);
    }
    let mut by_sms = 0;
    for id in &ids {
        let there = |seen: &pombo::grpc::proto::Challenge| {
            seen.deliveries.iter().any(|it| it.status() >= DeliveryStatus::Delivered)
        };
        let seen = pombo.until(id, there).await;
        let waited = seen.deliveries[0].failure_reason() == FailureReason::RateLimited;
        assert_eq!(waited, seen.deliveries.len() == 2);
        by_sms += usize::from(waited);
    }
    // One at once, and one or two more within the second that the step has.
    assert!((5..=7).contains(&by_sms), "{by_sms} of 8");
}
