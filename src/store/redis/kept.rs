//! A connection that is made anew once it is lost, or once its server is not the one to ask.

use std::{
    slice,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, Pipeline, PushInfo, PushKind, RedisError,
    RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::sync::Mutex;

use super::{failure, sentinel::Sentinels};

/// The longest that one attempt to connect may take.
pub(super) const CONNECT: Duration = Duration::from_millis(300);

/// The longest that one answer may take.
const RESPONSE: Duration = Duration::from_millis(700);

/// No new attempt to connect begins later than this after the first; then the calls that wait for it
/// fail, and the next call tries again. So a server that is down is not stormed, and one that is back
/// is found by the next call.
const PATIENCE: Duration = Duration::from_millis(300);

/// The pause between two attempts, drawn by chance, so that replicas don't come all at once.
const PAUSE_MS: std::ops::Range<u64> = 50..150;

/// Calls that may queue for the socket without waiting for one another.
const QUEUE: usize = 1024;

/// A server that turns us away is not left sooner than this after it was come to.
const STAY: Duration = Duration::from_secs(1);

/// How a connection is made.
#[derive(Clone)]
pub(super) enum Way {
    /// To this server.
    Server(Arc<Client>),
    /// To the master, whichever it is.
    Master(Arc<Sentinels>),
}

/// A connection, shared by all who want it.
pub(super) struct Kept {
    way: Way,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<Live>,
    failed: Option<(Instant, RedisError)>,
}

/// A connection that was made; a cheap clone.
#[derive(Clone)]
pub(super) struct Live {
    connection: MultiplexedConnection,
    since: Instant,
    is_spent: Arc<AtomicBool>,
}

impl Kept {
    pub(super) fn new(way: Way) -> Self {
        Self { way, state: Mutex::default() }
    }

    /// The connection, made anew if need be. Whoever waits while another tries shares its failure.
    pub(super) async fn live(&self) -> RedisResult<Live> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(live) = state.live.as_ref().filter(|live| !live.is_spent()) {
            return Ok(live.clone());
        }
        if let Some((at, error)) = &state.failed
            && *at > asked
        {
            return Err(error.clone());
        }
        let made = self.connect().await;
        state.live = made.as_ref().ok().cloned();
        state.failed = made.as_ref().err().map(|error| (Instant::now(), error.clone()));
        made
    }

    async fn connect(&self) -> RedisResult<Live> {
        let start = Instant::now();
        loop {
            let error = match self.way.connect().await {
                Ok(live) => return Ok(live),
                Err(error) => error,
            };
            let pause = Duration::from_millis(rand::random_range(PAUSE_MS));
            // A refusal stays one.
            if !error.is_io_error() || start.elapsed() + pause > PATIENCE {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }
}

impl Way {
    async fn connect(&self) -> RedisResult<Live> {
        match self {
            Self::Server(client) => Live::new(client).await,
            Self::Master(sentinels) => sentinels.master().await,
        }
    }
}

impl Live {
    /// Connects, once.
    pub(super) async fn new(client: &Client) -> RedisResult<Self> {
        let is_spent = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&is_spent);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(RESPONSE))
            .set_pipeline_buffer_size(QUEUE)
            // An end that nobody's call ran into costs no call.
            .set_push_sender(move |push: PushInfo| -> Result<(), ()> {
                end.fetch_or(push.kind == PushKind::Disconnection, Ordering::Relaxed);
                Ok(())
            });
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        let is_secured =
            matches!(client.get_connection_info().addr(), ConnectionAddr::TcpTls { .. });
        let connection =
            connection.map_err(|error| if is_secured { failure::by_tls(error) } else { error })?;
        Ok(Self { connection, since: Instant::now(), is_spent })
    }

    /// Sends commands, one after the other, and waits for what they bring.
    pub(super) async fn send(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let mut connection = self.connection.clone();
        let told = match commands {
            [command] => connection.req_packed_command(command).await.map(|value| vec![value]),
            _ => {
                let mut line = Pipeline::with_capacity(commands.len());
                commands.iter().for_each(|command| _ = line.add_command(command.clone()));
                connection.req_packed_commands(&line, 0, commands.len()).await
            }
        };
        let told = told.and_then(|values| values.into_iter().map(Value::extract_error).collect());
        self.judge(told)
    }

    /// What one command brings.
    pub(super) async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let told = self.send(slice::from_ref(command)).await?;
        Ok(told.into_iter().next().unwrap_or(Value::Nil))
    }

    fn judge<T>(&self, told: RedisResult<T>) -> RedisResult<T> {
        told.inspect_err(|error| {
            let is_left = failure::turns_away(error) && self.since.elapsed() > STAY;
            if failure::spoils(error) || is_left {
                self.is_spent.store(true, Ordering::Relaxed);
            }
        })
    }

    fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }
}
