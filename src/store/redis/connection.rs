//! The connection: one, shared by all calls, restored by itself, and never waited for long.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};

use crate::store::{OpenError, StoreError};

/// The longest that one call may take, a reconnection in between included. With what a caller adds,
/// a store that is down is known within a second.
const CALL: Duration = Duration::from_millis(800);

/// The longest that one answer may take.
const RESPONSE: Duration = Duration::from_millis(700);

/// The longest that one attempt to connect may take.
const CONNECT: Duration = Duration::from_millis(300);

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

/// The pause between two renewals of the whole link.
const RENEWAL_PAUSE: Duration = Duration::from_secs(1);

/// A connection that outlives its server.
///
/// The connection manager makes a lost connection anew by itself. But one that the server turned
/// away while it was made (too many clients, a password not yet in place) it keeps for good, with
/// the refusal as the answer to every call; and one to a server that has become a replica it has no
/// reason to leave. So after an answer that may mean this, the link takes a new manager, which also
/// looks up the server's name again.
pub(super) struct Link {
    client: Client,
    current: Mutex<Current>,
}

struct Current {
    manager: ConnectionManager,
    renewed_at: Instant,
}

impl Link {
    /// Connects.
    pub(super) async fn open(url: &str) -> Result<Self, OpenError> {
        let client = Client::open(parse(url)?).map_err(|_| OpenError::Url)?;
        let connecting = ConnectionManager::new_with_config(client.clone(), config());
        let manager = bounded(async { Ok(connecting.await?) }).await;
        let manager = manager.map_err(|failure| failure.error)?;
        Ok(Self { client, current: Mutex::new(Current { manager, renewed_at: Instant::now() }) })
    }

    /// The shared connection; a cheap clone.
    pub(super) fn connection(&self) -> ConnectionManager {
        self.current().manager.clone()
    }

    /// Waits for a call, not longer than [`CALL`].
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        bounded(call).await.map_err(|failure| {
            if failure.is_refusal {
                self.renew();
            }
            failure.error
        })
    }

    fn renew(&self) {
        let mut current = self.current();
        if current.renewed_at.elapsed() < RENEWAL_PAUSE {
            return;
        }
        // It connects when it is first used. It can't fail by these settings, and if it did, the old
        // one would do.
        if let Ok(manager) = ConnectionManager::new_lazy_with_config(self.client.clone(), config())
        {
            *current = Current { manager, renewed_at: Instant::now() };
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        // Both fields are replaced at once, so a panic can't have left one of them behind.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn bounded<T>(call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(CALL, call).await.unwrap_or(Err(StoreError::TimedOut.into()))
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPONSE))
        .set_number_of_retries(RETRIES)
        .set_min_delay(FIRST_PAUSE)
        .set_max_delay(LONGEST_PAUSE)
        .set_pipeline_buffer_size(QUEUE)
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

/// A failed call.
pub(super) struct Failure {
    /// In the store's words.
    pub(super) error: StoreError,
    /// The server answered, and the answer was no.
    is_refusal: bool,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, is_refusal: false }
    }
}

/// The server's own sentences may repeat what it was sent, so only the class of an error is told.
impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        if error.is_timeout() {
            return StoreError::TimedOut.into();
        }
        let told = match (error.code(), error.is_io_error()) {
            (Some(code), _) => format!("the server says {code}"),
            (None, true) if error.is_connection_refusal() => "connection refused".to_owned(),
            (None, true) => "connection lost".to_owned(),
            (None, false) => error.category().to_owned(),
        };
        Self { error: StoreError::Unreachable(told), is_refusal: !error.is_io_error() }
    }
}
