//! A store by TLS: whom it trusts, who it is, and what it says where it may not go on.

use std::{path::Path, time::Instant};

use pombo::store::{Certificates, Commit, Committed, Followed, Reader, Settings, Store, open};
use redis::{Client, TlsCertificates};

use super::bench::{charge, commit, key, ms, settings_at};
use crate::support::{
    certificates::{Authority, Certificate},
    pombo::PATIENCE,
    redis_server::{RedisServer, free_port},
};

/// A server that speaks TLS only, with more options.
fn server(authority: &Authority, host: &str, more: &[&str]) -> RedisServer {
    RedisServer::start_on_a_free_port("Ready to accept connections", |port, folder| {
        let port = port.to_string();
        let options = ["--port", "0", "--bind", "127.0.0.1", "--save", "", "--tls-port", &port];
        let options = options.iter().chain(more).map(|&option| option.to_owned());
        let files = files(authority, host, folder).into_iter();
        options.chain(files.flat_map(|(name, file)| [format!("--{name}"), file])).collect()
    })
}

/// A sentinel that speaks TLS only, of a master that does.
fn sentinel(authority: &Authority, master: &RedisServer) -> RedisServer {
    RedisServer::start_on_a_free_port("+monitor master", |port, folder| {
        let files = files(authority, "127.0.0.1", folder).into_iter();
        let files: String = files.map(|(name, file)| format!("{name} {file}\n")).collect();
        let text = format!(
            "port 0\ntls-port {port}\nbind 127.0.0.1\ntls-replication yes\ntls-auth-clients no\n{files}\
             sentinel monitor pombo 127.0.0.1 {} 1\n",
            master.port()
        );
        vec![written(folder, "sentinel.conf", &text), "--sentinel".to_owned()]
    })
}

fn files(authority: &Authority, host: &str, folder: &Path) -> [(&'static str, String); 3] {
    let Certificate { certificate, key } = authority.certify(host);
    [
        ("tls-ca-cert-file", written(folder, "ca", &authority.pem())),
        ("tls-cert-file", written(folder, "certificate", &certificate)),
        ("tls-key-file", written(folder, "key", &key)),
    ]
}

/// Asks for no certificate.
const OPEN: [&str; 2] = ["--tls-auth-clients", "no"];

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

/// One of everything.
async fn every_script_runs(store: &dyn Store) {
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
async fn every_script_runs_by_tls() {
    let authority = Authority::new();
    let server = server(&authority, "127.0.0.1", &OPEN);
    let store = open(secured(&server, trusting(&authority))).await.unwrap();
    every_script_runs(&*store).await;
}

#[tokio::test]
async fn sentinels_and_their_master_are_spoken_to_by_tls() {
    let authority = Authority::new();
    let master =
        server(&authority, "127.0.0.1", &[&OPEN[..], &["--tls-replication", "yes"]].concat());
    let sentinel = sentinel(&authority, &master);
    let url = format!("rediss+sentinel://{}/pombo", sentinel.address());
    let settings = Settings { certificates: trusting(&authority), ..settings_at(url) };
    every_script_runs(&*open(settings).await.unwrap()).await;
}

#[tokio::test]
async fn a_cluster_is_spoken_to_by_tls() {
    let authority = Authority::new();
    let bus_port = free_port().to_string();
    let options = ["--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port", &bus_port];
    let server = server(&authority, "127.0.0.1", &[&OPEN[..], &options].concat());
    let url = format!("rediss+cluster://{}", server.address());
    let settings = Settings { certificates: trusting(&authority), ..settings_at(url.clone()) };
    let certificates =
        TlsCertificates { client_tls: None, root_cert: Some(authority.pem().into()) };
    let client = Client::build_with_tls(url.replace("+cluster", ""), certificates).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let slots = redis::cmd("CLUSTER").arg(&["ADDSLOTSRANGE", "0", "16383"]).take();
    slots.exec_async(&mut raw).await.unwrap();
    let start = Instant::now();
    // A cluster that has just begun refuses writes for two seconds.
    let store = loop {
        match open(settings.clone()).await {
            Ok(store) => break store,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{error}"),
        }
    };
    every_script_runs(&*store).await;
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_is_given_ours() {
    let authority = Authority::new();
    let server = server(&authority, "127.0.0.1", &["--tls-auth-clients", "yes"]);
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
    let right = server(&authority, "127.0.0.1", &OPEN);
    let refused = refusal(secured(&right, trusting(&other))).await;
    assert!(refused.contains("store.ca_file"), "{refused}");
    let refused = refusal(secured(&right, Certificates::default())).await;
    assert!(refused.contains("store.ca_file"), "{refused}");
    let elsewhere = server(&authority, "redis.example.com", &OPEN);
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
