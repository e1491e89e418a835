//! The scripts beside this file. Each is one atomic step and says at its head what it takes.

use std::{fmt::Write, sync::LazyLock};

use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, ToRedisArgs};
use sha1::{Digest, Sha1};

use super::connection::Connection;

macro_rules! script {
    ($name:ident, $file:literal) => {
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(include_str!($file)));
    };
}

script!(LOAD, "load.lua");
script!(COMMIT, "commit.lua");
script!(CLAIM, "claim.lua");
script!(CHARGE, "charge.lua");
script!(FOLLOW, "follow.lua");
script!(PASS, "pass.lua");

/// A script, and the name by which a server knows it.
pub(super) struct Script {
    text: &'static str,
    sha1: String,
}

/// A script with what it is given.
pub(super) struct Invocation<'s> {
    script: &'s Script,
    keys: Vec<Vec<u8>>,
    args: Vec<Vec<u8>>,
}

impl Script {
    fn new(text: &'static str) -> Self {
        let mut sha1 = String::new();
        for byte in Sha1::digest(text) {
            // A string takes all that is written.
            let _ = write!(sha1, "{byte:02x}");
        }
        Self { text, sha1 }
    }

    /// The script with its first key.
    pub(super) fn key(&self, key: String) -> Invocation<'_> {
        Invocation { script: self, keys: vec![key.into()], args: Vec::new() }
    }
}

impl Invocation<'_> {
    pub(super) fn key(&mut self, key: String) -> &mut Self {
        self.keys.push(key.into());
        self
    }

    pub(super) fn arg(&mut self, arg: impl ToRedisArgs) -> &mut Self {
        arg.write_redis_args(&mut self.args);
        self
    }

    /// Runs it. A server that does not know it yet, or has lost it, is sent the whole text: in a
    /// cluster that is the one server that the keys lead to.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &mut Connection,
    ) -> RedisResult<T> {
        let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
        match self.command("EVALSHA", &self.script.sha1).query_async(connection).await {
            Err(error) if error.kind() == unknown => self.whole().query_async(connection).await,
            told => told,
        }
    }

    /// As one command that every server understands.
    pub(super) fn whole(&self) -> Cmd {
        self.command("EVAL", self.script.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.args);
        command
    }
}
