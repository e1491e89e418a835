//! The link to the store: whatever it consists of, one way to call it, and no call that waits long.

use std::{slice, sync::Arc, time::Duration};

use redis::{Cmd, FromRedisValue, Pipeline, RedisFuture, RedisResult, Value, aio::ConnectionLike};

use super::{
    address::{Address, Form},
    cluster::Cluster,
    kept::Way,
    node::{self, Lane, Node},
    sentinel::Sentinels,
};
use crate::store::{OpenError, Settings, StoreError};

/// The longest that one call may take, a reconnection in between included. With what a caller adds,
/// a store that is down is known within a second.
const CALL: Duration = Duration::from_millis(800);

/// The link: connections that outlive their servers.
pub(super) struct Link {
    connection: Connection,
    shape: Shape,
}

/// What a store in Redis consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One server.
    #[default]
    Standalone,
    /// A master and its replicas, watched by sentinels.
    Sentinel,
    /// Many servers, each with a part of the slots.
    Cluster,
}

/// What calls are sent through; a cheap clone.
#[derive(Clone)]
pub(super) struct Connection(Arc<Topology>);

enum Topology {
    One(Arc<Node>),
    Many(Box<Cluster>),
}

impl Link {
    /// Reads the URL. The first call connects.
    pub(super) fn new(settings: &Settings) -> Result<Self, OpenError> {
        let Address { form, mut hosts, account } = Address::read(settings)?;
        let one = |way| Topology::One(Arc::new(Node::new(way)));
        let (shape, topology) = match form {
            Form::Cluster => {
                (Shape::Cluster, Topology::Many(Box::new(Cluster::new(hosts, account))))
            }
            Form::Sentinel(name) => {
                let sentinels = Sentinels { hosts, name: name.into(), account };
                (Shape::Sentinel, one(Way::Master(Arc::new(sentinels))))
            }
            Form::Server => {
                let host = hosts.pop().ok_or(OpenError::Url)?;
                let client = account.client(&host).map_err(|_| OpenError::Url)?;
                (Shape::Standalone, one(Way::Server(client.into())))
            }
        };
        Ok(Self { connection: Connection(Arc::new(topology)), shape })
    }

    pub(super) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Waits for a call, not longer than [`CALL`].
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(CALL, call).await.unwrap_or(Err(StoreError::TimedOut))
    }
}

impl Connection {
    /// Sends commands of one slot over a connection that nobody else has meanwhile.
    pub(super) async fn send_alone<T: FromRedisValue>(&self, commands: &[Cmd]) -> RedisResult<T> {
        let told = self.send(commands, Lane::Own).await?;
        Ok(T::from_redis_value(Value::Array(told))?)
    }

    /// Every server that takes writes.
    pub(super) async fn primaries(&self) -> RedisResult<Vec<Arc<Node>>> {
        match &*self.0 {
            Topology::One(node) => Ok(vec![Arc::clone(node)]),
            Topology::Many(cluster) => cluster.primaries().await,
        }
    }

    async fn send(&self, commands: &[Cmd], lane: Lane) -> RedisResult<Vec<Value>> {
        match &*self.0 {
            Topology::One(node) => node::told(node.send(commands, lane).await),
            Topology::Many(cluster) => cluster.send(commands, lane).await,
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async {
            let told = self.send(slice::from_ref(cmd), Lane::Shared).await?;
            Ok(told.into_iter().next().unwrap_or(Value::Nil))
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let commands: Vec<Cmd> = pipeline.cmd_iter().cloned().collect();
            let told = self.send(&commands, Lane::Shared).await?;
            Ok(told.into_iter().skip(offset).take(count).collect())
        })
    }

    fn get_db(&self) -> i64 {
        // Nobody asks: a connection is made for the database that the URL names.
        0
    }
}
