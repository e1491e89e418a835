//! What would cross a network in clear is told by its key.

use super::{refusals::caller, serve};

/// The keys of what is told.
fn exposed(changes: &[(&str, &str)]) -> Vec<&'static str> {
    let config = serve(changes).unwrap();
    let told = config.cautions();
    let exposures = told.iter().filter(|it| it.sentence.contains(" in clear"));
    exposures.map(|it| it.key).collect()
}

#[test]
fn callers_elsewhere_without_tls_are_told_of() {
    let callers = format!("[{}]", caller(""));
    let open = [("server.grpc_addr", "0.0.0.0:50051"), ("callers", &callers)];
    assert_eq!(exposed(&open), ["server.grpc_addr"]);
    let tls = [("server.tls.cert", "/tls.crt"), ("server.tls.key", "/tls.key")];
    assert_eq!(exposed(&[&open[..], &tls].concat()), [""; 0]);
    assert_eq!(exposed(&[("server.grpc_addr", "[::1]:50051")]), [""; 0]);
}

#[test]
fn a_store_elsewhere_without_tls_is_told_of() {
    for url in [
        "redis://redis:6379",
        "redis://redis",
        "redis://pombo:127.0.0.1@10.0.0.7:6379/2",
        "redis://[fd00::7]:6379",
        "redis+cluster://127.0.0.1:6379,redis-2:6379",
        "redis+sentinel://pombo:word@localhost,sentinel-2/main",
    ] {
        assert_eq!(exposed(&[("store.url", url)]), ["store.url"], "{url}");
    }
    for url in [
        "memory:",
        "redis://127.0.0.1:6379/3",
        "redis://pombo:word@localhost",
        "redis://[::1]:6379?protocol=resp3",
        "redis+sentinel://127.0.0.1,[::1]:26379/main",
        "rediss://redis:6379",
        "rediss+cluster://redis-1:6379,redis-2:6379",
    ] {
        assert_eq!(exposed(&[("store.url", url)]), [""; 0], "{url}");
    }
}
