//! Callers that are known by their certificates, beside those that have keys.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    time::Duration,
};

use pombo::grpc::proto::{self, VerifyOutcome, otp_service_client::OtpServiceClient};
use tonic::Code;

use super::{
    NUMBER, keyed,
    tls_bench::{BANK, BY_CERTIFICATE, KEY, Met, SHOP, Secured},
};
use crate::support::{
    certificates::{Authority, now},
    pombo::{guess, login, run},
    world::number,
};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn callers_with_certificates_and_callers_with_keys_are_served_side_by_side() {
    let secured = Secured::with_a_key().await;
    let (bank, shop) =
        (secured.authority.certify_all(&[BANK]), secured.authority.certify_all(&[SHOP]));
    assert_eq!(secured.meet(Some(&bank), None, &number(1, "00")).await, Met::Served);
    assert_eq!(secured.meet(Some(&shop), None, &number(2, "00")).await, Met::Served);
    assert_eq!(secured.meet(None, Some(KEY), &number(3, "00")).await, Met::Served);
    // Whoever names a key is known by it.
    assert_eq!(secured.meet(Some(&bank), Some(KEY), &number(4, "00")).await, Met::Served);
    for (name, count) in [("bank", 1), ("shop", 1), ("kiosk", 2)] {
        let mark = format!("\"caller\":\"{name}\"");
        secured.pombo.stderr.wait_for_many(&mark, count).await;
    }
}

#[tokio::test]
async fn whoever_is_no_caller_is_refused() {
    let secured = Secured::with_a_key().await;
    let own = &secured.authority;
    let strangers = [
        own.certify_all(&["spiffe://bank.example/other"]),
        own.certify_all(&["spiffe://bank.example/signup/more"]),
        own.certify_all(&["bank"]),
        own.certify_all(&["*.example"]),
        own.certify_all(&[]),
        // It would be two at once.
        own.certify_all(&[BANK, SHOP]),
    ];
    for stranger in &strangers {
        let met = secured.meet(Some(stranger), None, NUMBER).await;
        assert_eq!(met, Met::Unauthenticated, "{}", stranger.certificate);
    }
    assert_eq!(secured.meet(None, None, NUMBER).await, Met::Unauthenticated);
    let bank = own.certify_all(&[BANK]);
    assert_eq!(secured.meet(Some(&bank), Some("bank"), NUMBER).await, Met::Unauthenticated);
    let forged = [Authority::new().certify_all(&[BANK]), own.certify_until_2020(BANK)];
    for forged in &forged {
        assert_eq!(secured.meet(Some(forged), None, NUMBER).await, Met::NoConnection);
    }
    // A client may have tried again by itself, and the log tells of strangers now and then.
    secured.pombo.counted(&["pombo_tls_failed_total"], forged.len() as f64).await;
    secured.pombo.stderr.wait_for("it", |line| line.contains("came to no TLS")).await;
    assert_eq!(secured.meet(Some(&bank), None, NUMBER).await, Met::Served);
}

#[tokio::test]
async fn where_no_caller_has_a_key_a_connection_needs_a_certificate() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    assert_eq!(secured.meet(None, None, NUMBER).await, Met::NoConnection);
    assert_eq!(secured.meet(None, Some(KEY), NUMBER).await, Met::NoConnection);
    let bank = secured.authority.certify_all(&[BANK]);
    assert_eq!(secured.meet(Some(&bank), None, NUMBER).await, Met::Served);
    // Without TLS there is nobody to talk to.
    let plain = secured.pombo.connection().await;
    let status = OtpServiceClient::new(plain).issue_code(login(NUMBER)).await.unwrap_err();
    assert_ne!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_caller_with_a_certificate_touches_no_challenge_of_another() {
    let secured = Secured::with_a_key().await;
    let mut bank = secured.client(&[BANK]).await;
    let mut shop = secured.client(&[SHOP]).await;
    let challenge_id = bank.issue_code(login(NUMBER)).await.unwrap().into_inner().challenge_id;
    let code = secured.world.simulator.inbox().wait_for(NUMBER, 1).await.remove(0).code;
    let get = proto::GetChallengeRequest { challenge_id: challenge_id.clone() };
    let cancel = proto::CancelChallengeRequest { challenge_id: challenge_id.clone() };
    let codes = [
        shop.get_challenge(get.clone()).await.unwrap_err().code(),
        shop.cancel_challenge(cancel).await.unwrap_err().code(),
        shop.get_challenge(keyed(KEY, get)).await.unwrap_err().code(),
    ];
    assert_eq!(codes, [Code::NotFound; 3]);
    let foreign = shop.verify_code(guess(&challenge_id, &code)).await.unwrap().into_inner();
    assert_eq!(foreign.outcome(), VerifyOutcome::UnknownChallenge);
    let own = bank.verify_code(guess(&challenge_id, &code)).await.unwrap().into_inner();
    assert_eq!(own.outcome(), VerifyOutcome::Verified);
}

#[tokio::test]
async fn the_command_line_speaks_tls() {
    let secured = Secured::new(&BY_CERTIFICATE).await;
    let bank = secured.authority.certify_all(&[BANK]);
    let (cert, key) = (
        secured.folder.write("bank.crt", &bank.certificate),
        secured.folder.write("bank.key", &bank.key),
    );
    let (ca, address) = (secured.folder.at("ca.crt"), format!("https://{}", secured.pombo.grpc));
    let issue = ["issue", NUMBER, "--address", &address];
    let own = ["--tls-cert", &cert, "--tls-key", &key];
    let issued = run(&[&issue[..], &["--tls-ca", &ca], &own].concat(), &[]).await;
    assert_eq!(issued.code, 0, "{}", issued.stderr);
    // Nobody whom this system trusts answers for it.
    let refused = run(&[&issue[..], &own].concat(), &[]).await;
    assert!(refused.code != 0 && refused.stderr.contains("--tls-ca"), "{}", refused.stderr);
    let plain = address.replace("https", "http");
    let odd = ["issue", NUMBER, "--address", &plain, "--tls-ca", &ca];
    let refused = run(&odd, &[]).await;
    assert!(refused.code != 0 && refused.stderr.contains("https://"), "{}", refused.stderr);
    let half = run(&[&issue[..], &["--tls-cert", &cert]].concat(), &[]).await;
    assert!(half.code != 0 && half.stderr.contains("--tls-key"), "{}", half.stderr);
}

#[tokio::test]
async fn files_that_can_not_be_used_are_told_at_start_with_key_and_path() {
    let mut secured = Secured::new(&BY_CERTIFICATE).await;
    secured.pombo.kill().await;
    let other = secured.authority.certify("127.0.0.1");
    let ended = secured.authority.certify_until_2020("127.0.0.1");
    let tomorrow = now() + DAY;
    let early = secured.authority.certify_between("127.0.0.1", tomorrow, tomorrow + DAY);
    let folder = &secured.folder;
    let files = [
        ("CERT", "/no/such.crt".to_owned(), "can't be read"),
        ("CERT", folder.write("garbage", "garbage"), "no certificates"),
        ("CERT", folder.write("ended", &ended.certificate), "ended on Jan  1"),
        ("CERT", folder.write("early", &early.certificate), "is not valid before"),
        ("CERT", folder.pipe("pipe.crt"), "is no regular file"),
        ("KEY", folder.at(""), "is no regular file"),
        ("KEY", folder.write("other.key", &other.key), "is not the key of"),
        ("KEY", folder.at("tls.crt"), "no private key"),
        ("CLIENT_CA", folder.at("tls.key"), "no authority"),
        ("CLIENT_CA", folder.pipe("pipe.ca"), "is no regular file"),
    ];
    for (key, path, why) in files {
        let variable = format!("POMBO_SERVER__TLS__{key}");
        let wrong = [(variable.as_str(), path.as_str())];
        let environment = [&secured.world.environment()[..], &wrong].concat();
        for command in ["serve", "check"] {
            let ended = run(&[command], &environment).await;
            assert_ne!(ended.code, 0, "{command}");
            let named = format!("server.tls.{}: {path} ", key.to_lowercase());
            assert!(ended.stderr.contains(&named), "{named}: {}", ended.stderr);
            assert!(ended.stderr.contains(why), "{why}: {}", ended.stderr);
        }
    }
}

#[tokio::test]
async fn check_tells_when_the_certificate_ends_and_warns_for_thirty_days() {
    let mut secured = Secured::new(&BY_CERTIFICATE).await;
    secured.pombo.kill().await;
    let now = now();
    for (days, warned) in [(29, true), (32, false)] {
        let pair = secured.authority.certify_between("127.0.0.1", now - DAY, now + DAY * days);
        secured.folder.write_pair(&pair);
        let ended = run(&["check", "--offline"], &secured.world.environment()).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(!ended.stdout.contains("has mode"), "{}", ended.stdout);
        let line = ended.stdout.lines().find(|line| line.starts_with("certificate"));
        let line = line.unwrap_or_else(|| panic!("{}", ended.stdout));
        assert!(line.contains(" ends on "), "{line}");
        let named = format!("warning: server.tls.cert: {} ends on ", secured.folder.at("tls.crt"));
        assert_eq!(line.contains(&named) && line.contains("in 28 days"), warned, "{line}");
    }
}

#[tokio::test]
async fn check_tells_of_a_key_that_others_may_read() {
    let mut secured = Secured::new(&BY_CERTIFICATE).await;
    secured.pombo.kill().await;
    let key = secured.folder.at("tls.key");
    fs::set_permissions(&key, Permissions::from_mode(0o604)).unwrap();
    let ended = run(&["check", "--offline"], &secured.world.environment()).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let told = format!("warning: server.tls.key: {key} has mode 0604");
    assert!(ended.stdout.contains(&told), "{}", ended.stdout);
}
