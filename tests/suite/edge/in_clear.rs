//! What would cross a network without TLS is warned of, or not sent.

use super::{ConfigFile, NUMBER, sha256_hex, world};
use crate::support::pombo::run;

#[tokio::test]
async fn what_crosses_a_network_in_clear_is_warned_of_by_check_and_serve() {
    // An address that no machine has, so that nothing is opened to anybody.
    let hash = sha256_hex("a key for tests");
    let open = [
        ("SERVER__GRPC_ADDR", "192.0.2.1:50051"),
        ("CALLERS__0__NAME", "app"),
        ("CALLERS__0__API_KEY_SHA256", &hash),
    ];
    let world = world(&open).await;
    let checked = run(&["check", "--offline"], &world.environment()).await;
    let told = checked.stdout.lines().filter(|line| line.contains("warning: "));
    let told: Vec<_> = told.collect();
    assert!(checked.code == 0 && told.len() == 1, "{}", checked.stdout);
    let served = run(&["serve"], &world.environment()).await;
    let warned = served.stderr.lines().filter(|line| line.contains("WARN"));
    let warned: Vec<_> = warned.collect();
    assert_eq!(warned.len(), 1, "{}", served.stderr);
    for said in [told[0], warned[0]] {
        for words in ["server.grpc_addr", "in clear", "server.tls.cert"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

#[tokio::test]
async fn a_key_is_sent_over_no_network_in_clear() {
    let key = ConfigFile::new("a key for tests");
    for (address, refused) in [
        ("http://pombo.example:50051", true),
        ("http://10.0.0.7:50051", true),
        ("http://127.0.0.1:9", false),
        ("http://[::1]:9", false),
        ("http://localhost:9", false),
        ("https://127.0.0.1:9", false),
    ] {
        let options = ["--address", address, "--api-key-file", key.path()];
        for command in [&["issue", NUMBER][..], &["verify", "ch_1", "123456"]] {
            let ended = run(&[command, &options].concat(), &[]).await;
            let says_so = ended.stderr.contains("in clear") && ended.stderr.contains("https://");
            assert_eq!(says_so && !ended.stderr.contains("no service"), refused, "{address}");
            assert!(ended.code != 0 && ended.stderr.contains(address), "{}", ended.stderr);
        }
    }
}
