//! The connection: one, shared by all calls, restored by itself, and never waited for long.

use std::time::Duration;

use redis::{
    Client, ConnectionInfo, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};

use crate::store::{OpenError, StoreError};

/// The longest that one call may take, a reconnection in between included. With what a caller adds,
/// a store that is down is known within a second.
const CALL: Duration = Duration::from_millis(900);

/// The longest that one answer may take.
const RESPONSE: Duration = Duration::from_millis(800);

/// The longest that one attempt to connect may take.
const CONNECT: Duration = Duration::from_millis(400);

/// A lost connection is tried for again at once and after these, drawn out by chance so that
/// replicas don't come all at once; then the calls that wait for it fail, and the next call tries
/// again. So a server that is down is not stormed, and one that is back is found by the next call.
const RETRIES: usize = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// A peer that acknowledges nothing for so long is taken for dead.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(2);

/// Calls that may queue for the socket without waiting for one another.
const QUEUE: usize = 1024;

/// Connects.
pub(super) async fn connect(url: &str) -> Result<ConnectionManager, OpenError> {
    let client = Client::open(parse(url)?).map_err(|_| OpenError::Url)?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPONSE))
        .set_number_of_retries(RETRIES)
        .set_min_delay(FIRST_PAUSE)
        .set_max_delay(LONGEST_PAUSE)
        .set_pipeline_buffer_size(QUEUE);
    Ok(bounded(ConnectionManager::new_with_config(client, config)).await?)
}

/// Reads the URL. What is wrong with it is not told: the text may hold a password.
fn parse(url: &str) -> Result<ConnectionInfo, OpenError> {
    let info = url.into_connection_info().map_err(|_| OpenError::Url)?;
    // By RESP3 the server's end is noticed at once, not by the next call.
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(UNACKNOWLEDGED);
    Ok(info.set_redis_settings(settings).set_tcp_settings(tcp))
}

/// Waits for a call, not longer than [`CALL`].
pub(super) async fn bounded<T, E: Into<Failure>>(
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(CALL, call).await {
        Ok(result) => result.map_err(|error| error.into().0),
        Err(_) => Err(StoreError::TimedOut),
    }
}

/// A failed call, in the store's words.
pub(super) struct Failure(pub(super) StoreError);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

/// The server's own sentences may repeat what it was sent, so only the class of an error is told.
impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return Self(StoreError::TimedOut);
        }
        Self(StoreError::Unreachable(match error.kind() {
            ErrorKind::Io if error.is_connection_refusal() => "connection refused".to_owned(),
            ErrorKind::Io => "connection lost".to_owned(),
            _ => match error.code() {
                Some(code) => format!("the server says {code}"),
                None => error.category().to_owned(),
            },
        }))
    }
}
