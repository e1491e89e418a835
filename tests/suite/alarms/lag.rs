//! How late alarms are with many challenges live and many alarms falling due, and what an idle replica
//! asks of Redis. In the long form a hundred thousand and five hundred a second.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::{
    otp::{Fact, event::FactKind},
    service::Service,
    store::{self, Certificates, Settings, Store, Visit},
};
use tokio::{
    sync::{
        Semaphore,
        broadcast::{Receiver, error::RecvError},
    },
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    long,
    redis_server::RedisServer,
    replica::{config, issue, replica, rules},
    world::number,
};

/// Issues under way at once: fewer than a caller may have.
const AT_ONCE: usize = 256;

/// Alarms a second, and challenges live at any time.
fn load() -> (u32, u32) {
    if long() { (500, 100_000) } else { (250, 2_500) }
}

async fn open(redis: &RedisServer) -> Arc<dyn Store> {
    let settings = Settings {
        url: redis.url(),
        partitions: 64,
        index_fingerprint: config().keys.index_key().fingerprint(),
        wait_replicas: 0,
        certificates: Certificates::default(),
        visit: Visit::Serve,
    };
    store::open(settings).await.unwrap()
}

/// Issues so many codes, so many a second.
async fn issue_at(service: &Arc<Service>, rate: u32, count: u32) {
    let mut beat = interval(Duration::from_secs(1) / rate);
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut issues, places) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for index in 0..count {
        beat.tick().await;
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let service = Arc::clone(service);
        issues.spawn(async move {
            issue(&service, &number(index, "00")).await;
            drop(place);
        });
    }
    issues.join_all().await;
}

/// How long after its time each challenge's expiry was recorded, by the store's clock, sorted; and how many
/// facts were missed, each of which may have been such a one.
async fn lags(mut facts: Receiver<Fact>, ttl: Duration, count: usize) -> (Vec<Duration>, usize) {
    let (mut lags, mut missed) = (Vec::new(), 0);
    while lags.len() + missed < count {
        match facts.recv().await {
            Ok(Fact { kind: FactKind::Concluded { after, .. }, .. }) => {
                lags.push(after.saturating_sub(ttl));
            }
            Ok(_) => {}
            Err(RecvError::Lagged(facts)) => missed += facts as usize,
            Err(RecvError::Closed) => panic!("the service is gone"),
        }
    }
    lags.sort();
    (lags, missed)
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_in_time_however_many_are_live() {
    let (rate, live) = load();
    let ttl = Duration::from_secs(u64::from(live / rate));
    let redis = RedisServer::start();
    let service = replica(open(&redis).await, rules(ttl));
    let stop = CancellationToken::new();
    let working = tokio::spawn({
        let (service, stop) = (Arc::clone(&service), stop.clone());
        async move { service.run(stop).await }
    });
    let measuring = tokio::spawn(lags(service.facts(), ttl, live as usize));
    let start = Instant::now();
    issue_at(&service, rate, live).await;
    println!("{live} challenges live after {:.1?}, of {ttl:?} each", start.elapsed());
    let (lags, missed) = timeout(ttl * 3, measuring).await.expect("alarms were lost").unwrap();
    let is_over = async {
        while service.live_challenges().await.unwrap() > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(ttl, is_over).await.expect("alarms were lost");
    stop.cancel();
    working.await.unwrap();
    // Whoever was missed counts as the latest.
    let at = |share: u32| lags[(live as usize * share as usize / 1000).min(lags.len() - 1)];
    println!(
        "{} alarms of {live} seen, {rate} a second: median {:?}, p99 {:?}, most {:?}",
        lags.len(),
        at(500),
        at(990),
        at(1000),
    );
    assert!(missed * 200 <= live as usize, "{missed} facts were missed");
    assert!(at(990) < Duration::from_millis(500), "p99 {:?}", at(990));
}

/// How often each command was called so far.
async fn calls(redis: &RedisServer) -> BTreeMap<String, u64> {
    let told = redis.ask(&["INFO", "commandstats"]).await;
    let lines = told.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'));
    let calls = lines.filter_map(|(command, told)| {
        let calls = told.strip_prefix("calls=")?.split(',').next()?.parse().ok()?;
        Some((command.to_owned(), calls))
    });
    calls.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_replica_asks_little_of_redis_however_many_challenges_are_live() {
    let redis = RedisServer::start();
    let service = replica(open(&redis).await, rules(Duration::from_secs(300)));
    let stop = CancellationToken::new();
    let working = tokio::spawn({
        let (service, stop) = (Arc::clone(&service), stop.clone());
        async move { service.run(stop).await }
    });
    let mut told = Vec::new();
    let seconds = 6;
    for live in [0, 1_000] {
        issue_at(&service, 200, live).await;
        assert!(service.drain(Duration::from_secs(30)).await);
        let before = calls(&redis).await;
        // What is measured is what happens by itself, in this time.
        sleep(Duration::from_secs(seconds)).await;
        let after = calls(&redis).await;
        let asked = after.iter().filter(|(command, _)| *command != "info");
        let asked = asked.map(|(command, calls)| calls - before.get(command).unwrap_or(&0));
        told.push(asked.sum::<u64>() as f64 / seconds as f64);
    }
    stop.cancel();
    working.await.unwrap();
    println!(
        "an idle replica asks {:.1} commands a second, with 1000 live {:.1}",
        told[0], told[1]
    );
    // One scan of the 64 schedules more or less falls into the time.
    let scan = 65.0 / seconds as f64;
    assert!(told[0] < 80.0 && told[1] < told[0] + scan + 5.0, "{told:?}");
}
