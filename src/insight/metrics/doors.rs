//! Connections and who comes by them.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

/// Says what they are.
pub(super) fn describe() {
    for (name, text) in [
        ("pombo_connections_turned_away_total", "Connections for which a listener had no place."),
        ("pombo_admin_refused_total", "Requests at the admin listener without the right token."),
        ("pombo_unauthenticated_total", "Calls by gRPC of somebody who is no caller."),
        ("pombo_connections_ended_total", "Connections of callers that were ended, by why."),
        ("pombo_tls_failed_total", "Connections that broke off before TLS was agreed on."),
        ("pombo_tls_reloads_total", "Changes of the files of TLS by what became of them."),
    ] {
        describe_counter!(name, text);
    }
    describe_gauge!(
        "pombo_tls_certificate_expiry_seconds",
        Unit::Seconds,
        "When the certificate that callers are shown ends, in seconds since 1970."
    );
}

/// Counts a connection for which there was no place.
pub fn turned_away(listener: &'static str) {
    counter!("pombo_connections_turned_away_total", "listener" => listener).increment(1);
}

/// Counts a request at the admin listener without its token.
pub fn admin_refused() {
    counter!("pombo_admin_refused_total").increment(1);
}

/// Counts a call by gRPC of somebody who is no caller.
pub fn unauthenticated() {
    counter!("pombo_unauthenticated_total").increment(1);
}

/// Counts a connection that was not kept any longer.
pub fn connection_ended(why: &'static str) {
    counter!("pombo_connections_ended_total", "reason" => why).increment(1);
}

/// Counts a connection that never came to speak TLS.
pub fn tls_failed() {
    counter!("pombo_tls_failed_total").increment(1);
}

/// Counts what became of changed files of TLS.
pub fn tls_reloaded(result: &'static str) {
    counter!("pombo_tls_reloads_total", "result" => result).increment(1);
}

/// Shows when the certificate ends.
pub fn tls_expiry(since_1970: i64) {
    gauge!("pombo_tls_certificate_expiry_seconds").set(since_1970 as f64);
}
