//! Files of TLS that change while the service runs.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    sync::Arc,
    time::Duration,
};

use pombo::grpc::proto::otp_service_client::OtpServiceClient;
use tokio::{sync::Notify, time::timeout};

use super::{
    tls_bench::{BANK, BY_CERTIFICATE, Folder, Met, Secured},
    watch,
};
use crate::support::{
    certificates::{Authority, Certificate, now},
    pombo::{PATIENCE, login},
    world::number,
};

const TAKEN: &str = "new connections go by them";
const REFUSED: &str = "the old stay";

/// Connections that were ended because nobody vouched for their certificates.
const ENDED: &str = "pombo_connections_ended_total{reason=\"certificate\"}";

/// Puts a pair in place as Kubernetes does: a link to the folder that it lies in is swapped.
fn swap_link(folder: &Folder, version: &str, pair: &Certificate) {
    fs::create_dir_all(folder.at(version)).unwrap();
    folder.write(&format!("{version}/tls.crt"), &pair.certificate);
    folder.write(&format!("{version}/tls.key"), &pair.key);
    symlink(version, folder.at("next")).unwrap();
    fs::rename(folder.at("next"), folder.at("data")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_swapped_under_load_fails_no_call() {
    let (authority, folder) = (Authority::new(), Folder::new());
    swap_link(&folder, "1", &authority.certify("127.0.0.1"));
    let secured = Secured::over(authority, folder, "data/", &BY_CERTIFICATE).await;
    let (secured, over) = (Arc::new(secured), Arc::new(Notify::new()));
    let before = secured.shown().await;

    // One goes on with its connection, the other makes a new one for each call.
    let steady = tokio::spawn({
        let (secured, over) = (Arc::clone(&secured), Arc::clone(&over));
        async move {
            let mut client = secured.client(&[BANK]).await;
            let mut calls = 0;
            let work = async {
                loop {
                    calls += 1;
                    client.issue_code(login(&number(calls, "00"))).await.unwrap();
                }
            };
            tokio::select! {
                () = over.notified() => {}
                () = work => {}
            }
            calls
        }
    });
    let fresh = tokio::spawn({
        let (secured, over) = (Arc::clone(&secured), Arc::clone(&over));
        async move {
            let bank = secured.authority.certify_all(&[BANK]);
            let mut calls = 0;
            let work = async {
                loop {
                    calls += 1;
                    let to = number(100_000 + calls, "00");
                    assert_eq!(secured.meet(Some(&bank), None, &to).await, Met::Served);
                }
            };
            tokio::select! {
                () = over.notified() => {}
                () = work => {}
            }
            calls
        }
    });
    swap_link(&secured.folder, "2", &secured.authority.certify("127.0.0.1"));
    secured.pombo.stderr.wait_for_many(TAKEN, 1).await;
    let after = secured.shown().await;
    assert!(after != before, "new connections are shown the new one");
    over.notify_waiters();
    let (steady, fresh) = (steady.await.unwrap(), fresh.await.unwrap());
    println!("{steady} calls by one connection, {fresh} by new ones");
    assert!(steady > 1 && fresh > 1);
    let metrics = secured.pombo.metrics().await;
    assert_eq!(metrics["pombo_tls_reloads_total{result=\"taken\"}"], 1.0);
    assert!(metrics["pombo_tls_certificate_expiry_seconds"] > 1_700_000_000.0);
}

#[tokio::test]
async fn a_bad_swap_keeps_the_old_and_names_the_file() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let (folder, log) = (&secured.folder, &secured.pombo.stderr);
    let bank = secured.authority.certify_all(&[BANK]);
    let before = secured.shown().await;
    let next = secured.authority.certify("127.0.0.1");
    let bad = [
        ("tls.crt", "-----BEGIN CERTIFICATE-----\nhalf of", folder.at("tls.crt")),
        // One half of a new pair.
        ("tls.crt", &next.certificate, folder.at("tls.key")),
    ];
    for (count, (file, text, named)) in (1..).zip(bad) {
        folder.write(file, text);
        log.wait_for_many(REFUSED, count).await;
        let warned = log.all().into_iter().rfind(|line| line.contains(REFUSED));
        assert!(warned.unwrap().contains(&named), "{named}: {:#?}", log.all());
        assert!(secured.shown().await == before);
        assert_eq!(secured.meet(Some(&bank), None, &number(count as u32, "00")).await, Met::Served);
    }
    folder.write("tls.key", &next.key);
    log.wait_for_many(TAKEN, 1).await;
    assert!(secured.shown().await != before);
    let metrics = secured.pombo.metrics().await;
    assert_eq!(metrics["pombo_tls_reloads_total{result=\"refused\"}"], 2.0);
}

#[tokio::test]
async fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let (folder, log) = (&secured.folder, &secured.pombo.stderr);
    fs::rename(folder.pipe("pipe"), folder.at("ca.crt")).unwrap();
    log.wait_for_many(REFUSED, 1).await;
    let named = format!("server.tls.client_ca: {} is no regular file", folder.at("ca.crt"));
    assert!(log.all().iter().any(|line| line.contains(&named)), "{:#?}", log.all());
    fs::remove_file(folder.at("ca.crt")).unwrap();
    folder.write("ca.crt", &secured.authority.pem());
    log.wait_for_many(TAKEN, 1).await;
}

#[tokio::test]
async fn a_certificate_that_has_not_begun_is_taken_once_it_has() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let before = secured.shown().await;
    let begins = now() + Duration::from_secs(15);
    let ends = begins + Duration::from_secs(86_400);
    secured.folder.write_pair(&secured.authority.certify_between("127.0.0.1", begins, ends));
    let log = &secured.pombo.stderr;
    log.wait_for_many("and is not valid before", 1).await;
    assert!(secured.shown().await == before);
    log.wait_for_many(TAKEN, 1).await;
    assert!(now() + Duration::from_secs(1) > begins);
    assert!(secured.shown().await != before);
    // It was looked at each second, and told of once.
    let metrics = secured.pombo.metrics().await;
    assert_eq!(metrics["pombo_tls_reloads_total{result=\"refused\"}"], 1.0);
    assert_eq!(metrics["pombo_tls_reloads_total{result=\"taken\"}"], 1.0);
}

#[tokio::test]
async fn a_key_that_others_may_read_is_taken_and_told_of() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let before = secured.shown().await;
    let next = secured.authority.certify("127.0.0.1");
    let key = secured.folder.at("tls.key");
    secured.folder.write_pair(&next);
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let log = &secured.pombo.stderr;
    log.wait_for_many(&format!("server.tls.key: {key} has mode 0644"), 1).await;
    assert!(secured.shown().await != before);
}

#[tokio::test]
async fn an_authority_that_is_taken_away_lets_nobody_in_any_more_nor_keeps_anybody() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let (old, new) = (&secured.authority, Authority::new());
    let (bank, other) = (old.certify_all(&[BANK]), new.certify_all(&[BANK]));
    let line = secured.connect(Some(&bank)).await.unwrap();
    let (mut client, mut watched) = (OtpServiceClient::new(line.clone()), watch(line).await);
    assert_eq!(secured.meet(Some(&other), None, &number(1, "00")).await, Met::NoConnection);

    secured.folder.write("ca.crt", &[old.pem(), new.pem()].concat());
    secured.pombo.stderr.wait_for_many(TAKEN, 1).await;
    let mut kept = OtpServiceClient::new(secured.connect(Some(&other)).await.unwrap());
    kept.issue_code(login(&number(2, "00"))).await.unwrap();
    client.issue_code(login(&number(3, "00"))).await.unwrap();
    assert!(!secured.pombo.metrics().await.contains_key(ENDED), "it is vouched for still");

    secured.folder.write("ca.crt", &new.pem());
    secured.pombo.stderr.wait_for_many(TAKEN, 2).await;
    let cut_off = timeout(PATIENCE, watched.message()).await.expect("nobody hung up");
    assert!(cut_off.is_err());
    assert!(client.issue_code(login(&number(4, "00"))).await.is_err());
    assert_eq!(secured.meet(Some(&bank), None, &number(4, "00")).await, Met::NoConnection);
    kept.issue_code(login(&number(5, "00"))).await.unwrap();
    assert_eq!(secured.pombo.metrics().await[ENDED], 1.0);
}

#[tokio::test]
async fn a_connection_ends_with_the_certificate_that_it_was_made_by() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let bank = secured.authority.certify_for(BANK, Duration::from_secs(15));
    let line = secured.connect(Some(&bank)).await.unwrap();
    let mut watched = watch(line.clone()).await;
    OtpServiceClient::new(line).issue_code(login(&number(1, "00"))).await.unwrap();
    let cut_off = timeout(PATIENCE, watched.message()).await.expect("nobody hung up");
    assert!(cut_off.is_err());
    assert_eq!(secured.pombo.metrics().await[ENDED], 1.0);
    assert_eq!(secured.meet(Some(&bank), None, &number(2, "00")).await, Met::NoConnection);
}

#[tokio::test]
async fn a_connection_ends_with_what_lies_between_its_certificate_and_the_authority() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let unneeded = secured.authority.authorize_for(Duration::from_secs(13));
    let between = secured.authority.authorize_for(Duration::from_secs(15));
    let chain = |by: &Authority, shown: &Authority| {
        let Certificate { certificate, key } = by.certify_all(&[BANK]);
        Certificate { certificate: certificate + &shown.pem(), key }
    };
    let kept = secured.connect(Some(&chain(&secured.authority, &unneeded))).await.unwrap();
    let mut kept = OtpServiceClient::new(kept);
    kept.issue_code(login(&number(1, "00"))).await.unwrap();
    let bank = chain(&between, &between);
    let mut watched = watch(secured.connect(Some(&bank)).await.unwrap()).await;
    let cut_off = timeout(PATIENCE, watched.message()).await.expect("nobody hung up");
    assert!(cut_off.is_err());
    kept.issue_code(login(&number(2, "00"))).await.unwrap();
    assert_eq!(secured.pombo.metrics().await[ENDED], 1.0);
    assert_eq!(secured.meet(Some(&bank), None, &number(3, "00")).await, Met::NoConnection);
}
