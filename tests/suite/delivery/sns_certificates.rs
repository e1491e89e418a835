//! Fetching certificates of SNS: what a forger can make us do is bounded.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pombo::{
    delivery::sns::{Certificates, Untrusted},
    simulator::{self, Settings, aws::Forgery},
};
use serde_json::Value;
use tokio::{task::JoinSet, time};

use super::{PATIENCE, fixture, provider::Provider};

fn below(url: &str) -> Arc<Certificates> {
    Arc::new(Certificates::new(Some(url.parse().unwrap())).unwrap())
}

/// What many get who ask for these addresses at once.
async fn ask(
    certificates: &Arc<Certificates>,
    addresses: impl IntoIterator<Item = String>,
) -> Vec<Option<Untrusted>> {
    let mut asking = JoinSet::new();
    for address in addresses {
        let certificates = Arc::clone(certificates);
        asking.spawn(async move { certificates.key(&address).await.err() });
    }
    asking.join_all().await
}

#[tokio::test]
async fn a_certificate_is_fetched_once_for_all_who_wait() {
    let sns = Provider::answering(200, fixture("sns_test_cert.pem")).await;
    let certificates = below(&sns.url());
    let address = format!("{}/a.pem", sns.url());
    for _ in 0..2 {
        assert_eq!(ask(&certificates, vec![address.clone(); 20]).await, [None; 20]);
    }
    assert_eq!(sns.request().uri.path(), "/a.pem");
}

#[tokio::test]
async fn what_came_to_nothing_is_not_asked_for_again_at_once() {
    let long = fixture("sns_test_cert.pem") + &" ".repeat(40 * 1024);
    for (status, body, expected) in [
        (200, "nonsense", Untrusted::NoCertificate),
        (200, &long, Untrusted::NoCertificate),
        (404, "", Untrusted::NoCertificate),
        (302, "", Untrusted::NoCertificate),
        (429, "", Untrusted::Away),
        (500, "", Untrusted::Away),
    ] {
        let sns = Provider::answering(status, body).await;
        let certificates = below(&sns.url());
        let address = format!("{}/a.pem", sns.url());
        for _ in 0..2 {
            let told = ask(&certificates, vec![address.clone(); 5]).await;
            assert_eq!(told, [Some(expected); 5], "{status}");
        }
        assert_eq!(sns.request().uri.path(), "/a.pem", "{status}");
    }
}

#[tokio::test]
async fn who_waits_for_a_certificate_that_hangs_waits_once_and_few_are_fetched_at_a_time() {
    let sns = Provider::hanging().await;
    let certificates = below(&sns.url());
    let start = Instant::now();
    let addresses = (0..30).map(|n| format!("{}/{}.pem", sns.url(), n % 10));
    let told = ask(&certificates, addresses).await;
    assert_eq!(told, [Some(Untrusted::Away); 30]);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert_eq!(sns.requests().len(), 4);
}

#[tokio::test]
async fn made_up_addresses_push_no_true_certificate_out() {
    let subscriber = Provider::answering(200, "").await;
    let settings = Settings { webhook_base: subscriber.url(), ..Settings::default() };
    let topic = settings.aws.sms_topic.clone();
    let simulator = simulator::start(settings).await.unwrap();
    simulator.aws().forge(&topic, "{}", &Forgery::None).await.unwrap();
    let call: Value = serde_json::from_slice(&subscriber.request().body).unwrap();
    let genuine = call["SigningCertURL"].as_str().unwrap().to_owned();

    let prefix = simulator.aws().certificate_url_prefix();
    let certificates = below(&prefix);
    assert_eq!(certificates.key(&genuine).await.err(), None);
    for n in 0..100 {
        let told = certificates.key(&format!("{prefix}{n}.pem")).await.err();
        assert_eq!(told, Some(Untrusted::NoCertificate));
    }
    drop(simulator);
    assert_eq!(certificates.key(&genuine).await.err(), None, "it is still there");
    let other = certificates.key(&format!("{prefix}other.pem")).await.err();
    assert_eq!(other, Some(Untrusted::Away), "the counter-test: nobody is there to ask");
    time::pause();
    time::advance(Duration::from_secs(25 * 3600)).await;
    time::resume();
    let told = certificates.key(&genuine).await.err();
    assert_eq!(told, None, "when it is time to look again and nobody is there, it still serves");
}
