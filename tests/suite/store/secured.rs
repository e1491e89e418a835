//! A store by TLS: whom it trusts, who it is, and what it says where it may not go on.

use std::path::Path;

use pombo::store::{Certificates, Commit, Committed, Followed, Reader, Settings, open};

use super::bench::{charge, commit, key, ms, settings_at};
use crate::support::{
    certificates::{Authority, Certificate},
    redis_server::RedisServer,
};

/// A server that speaks TLS only, and whether it demands a certificate.
fn server(authority: &Authority, host: &str, demands: &str) -> RedisServer {
    RedisServer::start_on_a_free_port("Ready to accept connections", |port, folder| {
        let Certificate { certificate, key } = authority.certify(host);
        let file = |name: &str, text: &str| written(folder, name, text);
        let (ca, certificate, key) =
            (file("ca", &authority.pem()), file("certificate", &certificate), file("key", &key));
        let options =
            ["--port", "0", "--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", demands];
        let files =
            ["--tls-ca-cert-file", &ca, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let port = port.to_string();
        let all = [&options[..], &files, &["--tls-port", &port]].concat();
        all.into_iter().map(str::to_owned).collect()
    })
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn secured(server: &RedisServer, certificates: Certificates) -> Settings {
    Settings { certificates, ..settings_at(format!("rediss://{}", server.address())) }
}

fn trusting(authority: &Authority) -> Certificates {
    Certificates { authority: Some(authority.pem().into()), client: None }
}

async fn refusal(settings: Settings) -> String {
    match open(settings).await {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn every_script_runs_by_tls() {
    let authority = Authority::new();
    let server = server(&authority, "127.0.0.1", "no");
    let store = open(secured(&server, trusting(&authority))).await.unwrap();
    let now = store.load(&key(1)).await.unwrap().now;
    let full = Commit { alarm: Some(now), events: vec![b"event".to_vec()], ..commit(key(1), 0) };
    assert_eq!(store.commit(&full).await.unwrap(), Committed::Done);
    assert_eq!(store.claim(ms(1000), 10).await.unwrap().len(), 1);
    store.charge(&charge(1, 1, &[(1, 1000)])).await.unwrap();
    let reader = Reader { name: "test", partition: store.partition_of(&key(1)), holder: 1 };
    let Followed::Events { events, .. } = store.follow(&reader, ms(1000), 10).await.unwrap() else {
        panic!("nobody else follows")
    };
    assert!(store.pass(&reader, events[0].id, ms(1000)).await.unwrap());
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_is_given_ours() {
    let authority = Authority::new();
    let server = server(&authority, "127.0.0.1", "yes");
    let Certificate { certificate, key } = authority.certify("pombo");
    let ours =
        Certificates { client: Some((certificate.into(), key.into())), ..trusting(&authority) };
    open(secured(&server, ours)).await.unwrap();
    let refusal = refusal(secured(&server, trusting(&authority))).await;
    assert!(refusal.contains("store.client_cert_file"), "{refusal}");
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_refused_with_the_remedy() {
    let (authority, other) = (Authority::new(), Authority::new());
    let right = server(&authority, "127.0.0.1", "no");
    let refused = refusal(secured(&right, trusting(&other))).await;
    assert!(refused.contains("store.ca_file"), "{refused}");
    let refused = refusal(secured(&right, Certificates::default())).await;
    assert!(refused.contains("store.ca_file"), "{refused}");
    let elsewhere = server(&authority, "redis.example.com", "no");
    let refused = refusal(secured(&elsewhere, trusting(&authority))).await;
    assert!(refused.contains("not good for this host"), "{refused}");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_before_anybody_connects() {
    let broken = "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n";
    let key = broken.replace("CERTIFICATE", "PRIVATE KEY");
    for certificates in [
        Certificates { authority: Some(broken.into()), client: None },
        Certificates { authority: None, client: Some((broken.into(), key.into())) },
    ] {
        let at = settings_at("rediss://127.0.0.1:1".to_owned());
        let refusal = refusal(Settings { certificates, ..at }).await;
        assert!(refusal.contains("store.client_key_file"), "{refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}

#[tokio::test]
async fn a_port_without_tls_is_told_from_one_that_is_down() {
    let plain = RedisServer::start();
    let refusal = refusal(secured(&plain, Certificates::default())).await;
    assert!(refusal.starts_with("store.url: ") && refusal.contains("one without TLS"), "{refusal}");
}
