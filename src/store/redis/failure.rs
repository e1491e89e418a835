//! What a failed call means, in the store's words.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::store::StoreError;

/// The server's own sentences may repeat what it was sent, so only the class of an error is told.
impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        Self::Unreachable(match error.kind() {
            ErrorKind::Io => broken(&error).to_owned(),
            // All else of it was looked at when the URL was read.
            ErrorKind::InvalidClientConfig => {
                "store.client_cert_file and store.client_key_file must be a certificate and its own \
                 key, in PEM"
                    .to_owned()
            }
            // Our own words, see `untold`.
            ErrorKind::MasterNameNotFoundBySentinel | ErrorKind::ClusterConnectionNotFound => {
                error.detail().unwrap_or("nobody tells who serves").to_owned()
            }
            ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::CrossSlot) => {
                "it is a cluster, whose URL begins with redis+cluster://".to_owned()
            }
            _ => match error.code() {
                Some(code) => format!("the server says {code}"),
                None => error.category().to_owned(),
            },
        })
    }
}

/// A server that does not speak TLS takes what it hears for a command without an end, and waits.
const SILENT: &str = "no answer by TLS in time; if the port in store.url is one without TLS, name the \
                      one with it, or begin the URL with redis instead of rediss";

/// Tells a silence that TLS may explain from others.
pub(super) fn by_tls(error: RedisError) -> RedisError {
    if error.is_timeout() { untold(ErrorKind::Io, SILENT) } else { error }
}

/// What became of a connection. What TLS has against it stands in the sentence alone.
fn broken(error: &RedisError) -> &'static str {
    let told = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
    if error.is_connection_refusal() {
        "connection refused"
    } else if says(&[SILENT]) {
        SILENT
    } else if says(&["InvalidContentType", "corrupt message"]) {
        "the server does not speak TLS at this port; use its TLS port, or a URL without TLS"
    } else if says(&["CertificateRequired", "HandshakeFailure", "handshake failure"]) {
        "the server demands a certificate of ours; set store.client_cert_file and \
         store.client_key_file"
    } else if says(&["UnknownIssuer", "BadSignature"]) {
        "the server's certificate is of no authority that is trusted here; set store.ca_file to the \
         certificate of its authority"
    } else if says(&["invalid peer certificate"]) {
        "the server's certificate is not good for this host and time; renew it, or name the server \
         as its certificate does"
    } else {
        "connection lost"
    }
}

/// Nobody told who serves; no server was reached.
pub(super) fn untold(kind: ErrorKind, sentence: impl Into<String>) -> RedisError {
    (kind, "", sentence.into()).into()
}

/// What an error says about the connection that it came over.
pub(super) fn spoils(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

/// The server is not the one to ask, or not any more: it has become a replica, or takes us for
/// nobody.
pub(super) fn turns_away(error: &RedisError) -> bool {
    matches!(error.code(), Some("READONLY" | "MASTERDOWN" | "NOAUTH"))
}
